// What the keys do, for people. The keys themselves are in CellEditor; a key that is added there is added here.

enum KeyList {
    static let text = TextColumns.of([
        ("Enter", "Runs a whole cell; in an unfinished one, or above its last line, begins a line. Alt-Enter does the other of the two."),
        ("Tab, Shift-Tab", "Completes; explains the name at the cursor."),
        ("Up, Down", "The line above or below; from the first and last, cells of the history that begin like what is typed."),
        ("Alt-Up, PageUp, ^R", "The cell before at once; searches the history (^S forwards)."),
        ("^A, ^E, Alt-<, Alt->", "Beginning and end of the line, of the cell."),
        ("^B, ^F, Alt-B, Alt-F", "A character or a word back or on."),
        ("^D, ^W, Alt-D", "Deletes the character, cuts the word before, the word behind."),
        ("^U, ^K, ^Y, Alt-Y", "Cuts to the beginning, to the end of the line; puts back what was cut; what was cut before that."),
        ("^T, Alt-T, Alt-U, Alt-L, Alt-C", "Swaps characters, words; makes a word upper case, lower case, capitalised."),
        ("^_, Alt-/", "Undoes, does again."),
        ("^X ^E", "Opens the cell in $VISUAL or $EDITOR."),
        ("^Q", "The next key as it is."),
        ("^L, ^Z", "Clears the screen; stops the program, fg continues."),
        ("^C", "Abandons the cell; stops what runs."),
        ("^D on an empty cell", "Leaves."),
    ])
}

/// Rows of two columns.
enum TextColumns {
    static func of(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { $0 + String(repeating: " ", count: width - $0.count + 2) + $1 }.joined(separator: "\n")
    }
}
