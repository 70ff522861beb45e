// The least that Node can do: every request gets the same answer.
import { createServer } from "node:http";

const body = process.argv[2];
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };

const server = createServer((request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
