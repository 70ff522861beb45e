// The least that Node can do for a charge: it adds the amount without checks and answers the balance.
import { createServer } from "node:http";

const accounts = new Map();

const answer = (response, id) => {
  const { point, updateMillis } = accounts.get(id) ?? { point: 0, updateMillis: 0 };
  const body = JSON.stringify({ id: Number(id), point, updateMillis });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  response.writeHead(200, headers);
  response.end(body);
};

const server = createServer((request, response) => {
  const id = request.url.split("/")[2];
  if (request.method === "GET") {
    return answer(response, id);
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (piece) => (body += piece));
  request.on("end", () => {
    const point = (accounts.get(id)?.point ?? 0) + JSON.parse(body).amount;
    accounts.set(id, { point, updateMillis: Date.now() });
    answer(response, id);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
