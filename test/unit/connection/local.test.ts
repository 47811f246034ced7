import { expect } from "chai";
import { localConnection } from "../../../engine/connection/local.ts";
import { problemOf } from "../../../engine/core/problem.ts";

describe("a local connection", () => {
  it("leaves no process behind that was being started when it was closed", async () => {
    const connection = localConnection();
    const opening = connection.open("sleep 600").then(
      () => "opened",
      (error: unknown) => problemOf(error).code,
    );
    await connection.close();
    expect(await opening).to.equal("connection-lost");
  });

  it("opens nothing once it is closed", async () => {
    const connection = localConnection();
    await connection.close();
    const code = await connection.open("true").then(
      () => "opened",
      (error: unknown) => problemOf(error).code,
    );
    expect(code).to.equal("connection-lost");
  });
});
