CREATE SEQUENCE run AS integer;

CREATE TABLE account (
    run bigint NOT NULL,
    user_id bigint NOT NULL,
    balance bigint NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (run, user_id)
) WITH (fillfactor = 50);

CREATE TABLE ledger (
    run bigint NOT NULL,
    user_id bigint NOT NULL,
    version bigint NOT NULL,
    op_id bigint NOT NULL,
    amount bigint NOT NULL,
    balance bigint NOT NULL,
    time_ms bigint NOT NULL,
    PRIMARY KEY (run, user_id, version),
    UNIQUE (run, op_id)
);

-- Decides a command as Command::decide does, and writes what follows. The reason is 0 for an applied
-- command, with the account after it; else that of the rejection, with the account before it.
--
-- The statement that updates locks the row only if the rule allows the command. Each statement of a
-- volatile function has a snapshot of its own, so the account of a rejection is never stale.
CREATE FUNCTION decide(
    a_run bigint, a_user bigint, signed bigint, op bigint, now_ms bigint,
    amount_min bigint, amount_max bigint, unit bigint, balance_max bigint,
    OUT reason bigint, OUT balance bigint, OUT version bigint
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    found_balance bigint;
    found_version bigint;
BEGIN
    LOOP
        UPDATE account AS a SET balance = a.balance + signed, version = a.version + 1
        WHERE a.run = a_run AND a.user_id = a_user
          AND abs(signed) BETWEEN amount_min AND amount_max AND abs(signed) % unit = 0
          AND a.balance + signed >= 0 AND (signed < 0 OR a.balance + signed <= balance_max)
          AND a.version < VERSION_LIMIT
        RETURNING a.balance, a.version INTO found_balance, found_version;
        IF FOUND THEN
            INSERT INTO ledger (run, user_id, version, op_id, amount, balance, time_ms)
            VALUES (a_run, a_user, found_version, op, signed, found_balance, now_ms);
            decide.reason := 0;
            decide.balance := found_balance;
            decide.version := found_version;
            RETURN;
        END IF;
        SELECT a.balance, a.version INTO found_balance, found_version
        FROM account AS a WHERE a.run = a_run AND a.user_id = a_user;
        IF NOT FOUND THEN
            found_balance := 0;
            found_version := 0;
        END IF;
        decide.reason := CASE
            WHEN abs(signed) < amount_min THEN 1
            WHEN abs(signed) > amount_max THEN 2
            WHEN abs(signed) % unit <> 0 THEN 3
            WHEN found_balance + signed < 0 THEN 4
            WHEN signed > 0 AND found_balance + signed > balance_max THEN 5
            WHEN found_version >= VERSION_LIMIT THEN 6
            ELSE 0
        END;
        IF decide.reason <> 0 THEN
            decide.balance := found_balance;
            decide.version := found_version;
            RETURN;
        END IF;
        -- The account is new, or has changed since the update: try again.
        INSERT INTO account (run, user_id, balance, version) VALUES (a_run, a_user, 0, 0)
        ON CONFLICT (run, user_id) DO NOTHING;
    END LOOP;
END
$$;
