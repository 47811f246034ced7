import { expect } from "chai";
import {
  parseAdded,
  parseAlarms,
  parseHealth,
  parseMemberList,
  parseStatuses,
} from "../../../engine/modules/etcd-answers.ts";
import { reasonOf } from "../../../engine/modules/etcd-client.ts";

// Recorded from etcdctl 3.4.23 and 3.5.16 (they do not differ here).
const ADDED = `{"header":{"cluster_id":12936361895883326227,"member_id":18166185358909256978,"raft_term":2},"member":{"ID":9997196272645519118,"peerURLs":["http://127.0.0.1:21111"],"isLearner":true},"members":[{"ID":9997196272645519118,"peerURLs":["http://127.0.0.1:21111"],"isLearner":true},{"ID":18166185358909256978,"name":"a","peerURLs":["http://127.0.0.1:21101"],"clientURLs":["http://127.0.0.1:21100"]}]}`;
const STATUS = `[{"Endpoint":"http://127.0.0.1:21100","Status":{"header":{"cluster_id":12936361895883326227,"member_id":18166185358909256978,"revision":1,"raft_term":2},"version":"3.4.23","dbSize":20480,"leader":18166185358909256978,"raftIndex":4,"raftTerm":2,"raftAppliedIndex":4,"dbSizeInUse":16384}}]`;
const LEADERLESS = `[{"Endpoint":"http://127.0.0.1:21100","Status":{"header":{"cluster_id":12936361895883326227,"member_id":18166185358909256978,"revision":1,"raft_term":2},"version":"3.5.16","dbSize":36864,"raftIndex":12,"raftTerm":2,"raftAppliedIndex":12,"errors":["etcdserver: no leader"],"dbSizeInUse":20480}}]`;
// As 3.6 writes it, which adds keys.
const STATUS_36 = `[{"Endpoint":"https://10.0.0.1:2379","Status":{"header":{"cluster_id":17237436991929493444,"member_id":9372538179322589801,"revision":7,"raft_term":3},"version":"3.6.8","dbSize":20480,"leader":9372538179322589801,"raftIndex":9,"raftTerm":3,"raftAppliedIndex":9,"dbSizeInUse":16384,"storageVersion":"3.6.0","dbSizeQuota":2147483648,"downgradeInfo":{}}}]`;
const HEALTH = `[{"endpoint":"http://127.0.0.1:21100","health":true,"took":"1.743803ms"},{"endpoint":"http://127.0.0.1:21110","health":false,"took":"5.000484148s","error":"context deadline exceeded"}]`;

describe("answers of etcdctl", () => {
  it("keep all digits of ids", () => {
    const { member, members } = parseAdded(ADDED);
    expect(member).to.deep.equal({
      id: "8abd2d0ae4e5370e",
      name: "",
      peerUrls: ["http://127.0.0.1:21111"],
      clientUrls: [],
      learner: true,
      started: false,
    });
    expect(members.map(({ id, name, started, learner }) => ({ id, name, started, learner }))).to.deep.equal([
      { id: "8abd2d0ae4e5370e", name: "", started: false, learner: true },
      { id: "fc1b4155d9b03512", name: "a", started: true, learner: false },
    ]);
    expect(parseMemberList(ADDED).clusterId).to.equal("b387309ac2064313");
  });
  it("tell digits in texts from numbers", () => {
    const { members } = parseMemberList(
      `{"header":{"cluster_id":1},"members":[{"ID":2,"name":"n 12345678901234567890"}]}`,
    );
    expect(members[0]).to.include({ id: "2", name: "n 12345678901234567890" });
  });
  it("tell the leader, and that there is none", () => {
    expect(parseStatuses(STATUS)[0]).to.include({
      leader: "fc1b4155d9b03512",
      memberId: "fc1b4155d9b03512",
      dbSize: 20480,
    });
    const [leaderless] = parseStatuses(LEADERLESS);
    expect(leaderless).not.to.have.property("leader");
    expect(leaderless?.errors).to.deep.equal(["etcdserver: no leader"]);
    expect(parseStatuses(STATUS_36)[0]).to.include({
      version: "3.6.8",
      memberId: "8211f1d0f64f3269",
      leader: "8211f1d0f64f3269",
    });
  });
  it("tell who serves, and which alarms are on", () => {
    expect([...parseHealth(HEALTH)]).to.deep.equal([
      ["http://127.0.0.1:21100", true],
      ["http://127.0.0.1:21110", false],
    ]);
    expect(parseHealth("").size).to.equal(0);
    expect(
      parseAlarms(`{"header":{},"alarms":[{"memberID":18166185358909256978,"alarm":1},{"alarm":2}]}`),
    ).to.deep.equal([
      { memberId: "fc1b4155d9b03512", alarm: "NOSPACE" },
      { memberId: "0", alarm: "CORRUPT" },
    ]);
    expect(parseAlarms(`{"header":{}}`)).to.deep.equal([]);
  });
  it("that are no JSON are told as such", () => {
    expect(() => parseMemberList("No help topic for 'member'")).to.throw("etcdctl answered what is no JSON");
  });
  it("that fail are told in few words", () => {
    const refused = `{"level":"warn","msg":"retrying of unary invoker failed","error":"rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = \\"transport: Error while dialing dial tcp 127.0.0.1:21110: connect: connection refused\\""}\nFailed to get the status of endpoint http://127.0.0.1:21110 (context deadline exceeded)`;
    expect(reasonOf(refused)).to.equal("connection refused");
    expect(
      reasonOf(
        `desc = \\"transport: authentication handshake failed: x509: certificate signed by unknown authority\\""}`,
      ),
    ).to.equal("x509: certificate signed by unknown authority");
    expect(reasonOf("Error: context deadline exceeded")).to.equal("no answer");
    expect(reasonOf("Error: open /etc/etcd/pki/ca.crt: no such file or directory")).to.equal(
      "no such file or directory",
    );
  });
});
