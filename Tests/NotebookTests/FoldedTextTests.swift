import XCTest
import Terminal

/// Long lines break between words, and what follows stands under the text's own column.
final class FoldedTextTests: XCTestCase {
    func testBreaksBetweenWords() {
        XCTAssertEqual("a b c d e f g h i j k l m n".folded(to: 20), "a b c d e f g h i j\nk l m n")
        XCTAssertEqual("fits as it is       here".folded(to: 24), "fits as it is       here")
    }
    func testHangsUnderTheLastColumnOfTheLeftHalf() {
        XCTAssertEqual("  order  integer  alpha follows the validation loss".folded(to: 40),
                       "  order  integer  alpha follows the\n                  validation loss")
        XCTAssertEqual("  one two three four five six".folded(to: 20), "  one two three four\n      five six")
    }
    func testAWordThatIsTooLongStaysWhole() {
        let word = String(repeating: "x", count: 30)
        XCTAssertEqual(word.folded(to: 20), word)
        XCTAssertEqual("\(word) \(word) b".folded(to: 20), "\(word)\n\(word)\nb")
    }
    func testWideCharactersTakeTwoColumns() {
        XCTAssertEqual("测试测试测试 测试测试测试".folded(to: 20), "测试测试测试\n测试测试测试")
    }
    func testBlanksAlone() {
        let blank = String(repeating: " ", count: 50)
        XCTAssertEqual(blank.folded(to: 20), blank)
    }
}
