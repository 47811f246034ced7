import { expect } from "chai";
import type { Host, RunRequest } from "../../../engine/host/host.ts";
import { hostWithDeadline } from "../../../engine/run/deadline-host.ts";

/** A host that only remembers what it was asked, with private state as the real ones have. */
class Recorder {
  readonly name = "one";
  readonly #asked: RunRequest[] = [];
  asked(): readonly RunRequest[] {
    return this.#asked;
  }
  async run(request: RunRequest): Promise<void> {
    this.#asked.push(request);
  }
  as(): Recorder {
    return this;
  }
}

describe("a host with a deadline", () => {
  it("gives each command the time that is left, and never more than its own limit", async () => {
    let now = 1000;
    const recorder = new Recorder();
    const host = hostWithDeadline(recorder as unknown as Host, 10, () => now);
    await host.run({ argv: ["a"] });
    now += 4000;
    await host.run({ argv: ["b"] });
    await host.as(undefined).run({ argv: ["c"], timeout: 2 });
    now += 60_000;
    await host.run({ argv: ["d"] });
    expect(recorder.asked().map(({ timeout }) => timeout)).to.deep.equal([10, 6, 2, 0.001]);
  });

  it("is the same host in all else", () => {
    const recorder = new Recorder();
    const host = hostWithDeadline(recorder as unknown as Host, 10) as unknown as Recorder;
    expect(host.name).to.equal("one");
    expect(host.asked()).to.deep.equal([]);
  });
});
