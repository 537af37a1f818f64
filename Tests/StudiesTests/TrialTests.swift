import Basics
import Foundation
import Testing
@testable import Studies

@Suite struct SHA256Tests {
    /// FIPS 180-4's examples and the NIST CAVP short messages around the block boundary.
    @Test func agreesWithNIST() {
        #expect(SHA256.hexadecimal("abc".utf8) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(SHA256.hexadecimal([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256.hexadecimal("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
            == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(SHA256.hexadecimal("""
            abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu
            """.utf8) == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")
        #expect(SHA256.hexadecimal([0xbd]) == "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b")
        #expect(SHA256.hexadecimal([UInt8](repeating: 0, count: 55)) == "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7")
        #expect(SHA256.hexadecimal([UInt8](repeating: 0, count: 56)) == "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb")
        #expect(SHA256.hexadecimal([UInt8](repeating: 0, count: 64)) == "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b")
    }

    @Test func millionLetters() {
        var hash = SHA256()
        for _ in 0..<1000 { hash.update([UInt8](repeating: 97, count: 1000)) }
        #expect(hash.finish().hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}

@Suite struct IdentityTests {
    @Test func canonicalTextIsOnePerMeaning() {
        let a: JSONValue = ["rate": 1.0, "name": "a\"\\\n\u{1}é", "list": [1, 0.1, nil, true], "B": -0.0]
        #expect(a.text(.canonical) == #"{"B":0,"list":[1,0.1,null,true],"name":"a\"\\\n\u0001é","rate":1}"#)
        #expect((["rate": 1] as JSONValue).text(.canonical) == (["rate": 1.0] as JSONValue).text(.canonical))
        #expect(JSONValue.number(1e-5).text(.canonical) == "1e-05" && Double("1e-05") == 1e-5)
        #expect(JSONValue.number(.infinity).text(.canonical) != JSONValue.string("inf").text(.canonical))
        #expect(JSONValue.number(0.1 + 0.2).text(.canonical) == "0.30000000000000004")
        #expect(JSONValue.number(1e300).text(.canonical) == "1e+300")
        #expect(JSONValue.integer(.max).text(.canonical) == "9223372036854775807")
    }

    @Test func dependsOnEverythingThatNumbersDependOn() {
        func identity(_ rate: Double = 0.01, trial: Int = 1, seed: Int = 0, version: String = "1") -> TrialIdentity {
            TrialIdentity(configuration: ["search": ["rate": .number(rate)]], trial: trial, seed: seed, numericVersion: version)
        }
        #expect(identity() == identity())
        #expect(Set([identity(), identity(0.02), identity(trial: 2), identity(seed: 1), identity(version: "2")]).count == 5)
        // Fixed for all time: a change here would make every stored study start again. Checked with sha256sum.
        #expect(identity().hexadecimal == SHA256.hexadecimal(
            #"{"configuration":{"search":{"rate":0.01}},"numeric_version":"1","seed":0,"trial":1}"#.utf8))
        #expect(identity().hexadecimal == "1b9a7c5f57a1def08bd2b2fabe5702b17bb9a34fd37e738857865c63a7a79363")
        #expect(TrialIdentity(hexadecimal: "xyz") == nil)
        #expect(TrialIdentity(hexadecimal: identity().hexadecimal) == identity())
    }

    @Test func digestTellsListsApart() {
        func digest(_ body: (inout NumberDigest) -> Void) -> String {
            var digest = NumberDigest()
            body(&digest)
            return digest.finish()
        }
        let digests = [
            digest { $0.add([1.0, 2.0] as [Double]) }, digest { $0.add([1.0, 2.0] as [Float]) },
            digest { $0.add([1.0] as [Double]); $0.add([2.0] as [Double]) }, digest { $0.add([0.0] as [Double]) },
            digest { $0.add([-0.0] as [Double]) }, digest { $0.add("grad") },
        ]
        #expect(Set(digests).count == digests.count)
    }
}

@Suite struct TrialRecordTests {
    @Test func nonFiniteScoresSurviveJSON() throws {
        var record = TrialRecord(spec: spec(1), numericVersion: "1")
        record.psnr = SplitPSNR(train: .infinity, validation: -.infinity, test: .nan)
        record.oneShot = OneShot(relaxed: 19.25, argmax: nil)
        record.history = Data([1, 2, 3])
        record.provenance = Provenance(script: "print(1)")
        let json = try JSONEncoder().encode(record)
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.contains(#""train":"inf""#) && text.contains(#""test":"nan""#) && text.contains(#""one_shot":"#))
        #expect(try JSONDecoder().decode(TrialRecord.self, from: json) == record)
        let sparse = #"{"relaxed": 3}"#
        #expect(try JSONDecoder().decode(OneShot.self, from: Data(sparse.utf8)) == OneShot(relaxed: 3))
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(OneShot.self, from: Data(#"{"relaxed": "x"}"#.utf8)) }
    }

    @Test func historySurvivesPacking() {
        var history = History()
        history.series = [("search.loss", [1, 0.5, .nan, .infinity]), ("", []), ("α", [-0.0])]
        let packed = history.packed
        #expect(History(packed: packed) == history)
        #expect(history["α"]?.count == 1)
        for cut in 0..<packed.count { #expect(History(packed: packed.prefix(cut)) == nil) }
        #expect(History(packed: packed + [0]) == nil)
        #expect(History(packed: Data("OHS1".utf8) + Data(repeating: 255, count: 12)) == nil)
    }

    @Test func scoresHaveTheirLuaNames() {
        var record = TrialRecord(spec: spec(1), numericVersion: "1")
        record.oneShot.relaxed = 1
        record.psnr.validation = 2
        #expect(Score(rawValue: "one_shot.relaxed")?.of(record) == 1)
        #expect(Score(rawValue: "psnr.validation")?.of(record) == 2)
        #expect(Score(rawValue: "psnr.test")?.of(record) == nil)
    }
}

@Suite struct FailureTests {
    private func record(_ trial: Int, shot: Double?, test: Double?, energy: Double? = 1, method: String = "DARTS") -> TrialRecord {
        var record = TrialRecord(spec: spec(trial, method: method), numericVersion: "1")
        record.oneShot.relaxed = shot
        record.psnr.test = test
        record.outputEnergy = energy
        return record
    }

    @Test func kindsExcludeEachOther() {
        var records = (1...20).map { record($0, shot: 20, test: 21) }
        records.append(record(21, shot: 19, test: 8))
        records.append(record(22, shot: 10, test: 8))
        records.append(record(23, shot: 10, test: 20))
        records.append(record(24, shot: 19, test: 2.6, energy: 0))
        records.append(record(25, shot: nil, test: nil))
        records.append(TrialRecord(failed: spec(26), error: "boom", seconds: 1, numericVersion: "1"))
        records += (1...3).map { record($0, shot: nil, test: 8, method: "Nets only") }
        let counts = FailureThresholds().count(records)
        #expect(counts.map(\.method) == ["DARTS", "Nets only"])
        #expect(counts[0].reference == 21 && counts[0].oneShotReference == 20)
        #expect((counts[0].finished, counts[0].failed, counts[0].unscored) == (25, 1, 1))
        #expect((counts[0].dead, counts[0].misled, counts[0].collapsed, counts[0].farBelow) == (1, 1, 1, 3))
        #expect(counts[1].misled == nil && counts[1].collapsed == nil && counts[1].farBelow == 3 && counts[1].dead == 0)
    }

    @Test func withoutEnergyTheZeroScoreDecides() {
        var thresholds = FailureThresholds()
        let trial = record(1, shot: nil, test: 2.5, energy: nil)
        #expect(thresholds.isDead(trial) == nil)
        #expect(thresholds.count([trial])[0][.dead] == nil)
        thresholds.zeroPSNR = ["Blur": 2.66]
        #expect(thresholds.isDead(trial) == true)
        #expect(thresholds.isDead(record(1, shot: nil, test: 3.1, energy: nil)) == false)
        var carrying = trial
        carrying.zeroPSNR = 3
        #expect(thresholds.isDead(carrying) == false)
    }

    @Test func emptyAndInfinite() {
        #expect(FailureThresholds().count([]).isEmpty)
        let counts = FailureThresholds().count([record(1, shot: .infinity, test: .infinity), record(2, shot: 1, test: -.infinity)])
        #expect(counts[0].reference == nil && counts[0].farBelow == 0)
    }
}

/// A trial of no study in particular.
func spec(_ trial: Int, data: String = "Blur", method: String = "DARTS", dataIndex: Int = 0, methodIndex: Int = 0) -> TrialSpec {
    let identity = TrialIdentity(configuration: ["data": .string(data), "method": .string(method)], trial: trial, seed: 7, numericVersion: "1")
    return TrialSpec(identity: identity, data: data, method: method, dataIndex: dataIndex, methodIndex: methodIndex, trial: trial, seed: 7)
}
