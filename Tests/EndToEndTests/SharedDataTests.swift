import LuaHost
import Scripting
import Tensors
import XCTest

/// Who looks at a data set and who searches or trains on it has the same tensors.
final class SharedDataTests: XCTestCase {
    /// Bytes of tensors that a search and a training allocate on data that were looked at.
    private func allocated(_ seed: String) throws -> Int {
        let environment = try ScriptingEnvironment(.init(isQuiet: true))
        try environment.state.run("""
            data = dataset.cosines{length = 64, train = 512, validation = 512, test = 512\(seed)}
            space = darts.space{nodes = 2}
            looked = data.train.clean
            """, name: "look", arguments: [])
        let before = Storage.allocatedBytes
        try environment.state.run("""
            darts.search{space = space, data = data, steps = 2, seed = 5}
            darts.train{space = space, architecture = "grad", data = data, steps = 2, seed = 5}
            """, name: "search", arguments: [])
        return Storage.allocatedBytes - before
    }

    func testDataOfOneSeedAreDrawnOnce() throws {
        let drawn = 2 * 3 * 512 * 64 * 4                // clean and measured, three splits
        XCTAssertLessThan(try allocated(", seed = 1"), drawn / 2)
        // A recipe is drawn anew by each.
        XCTAssertGreaterThanOrEqual(try allocated(""), 2 * drawn)
    }
}
