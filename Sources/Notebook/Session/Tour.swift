/// A walk through a first search, in cells that are shown and run on Enter. It is a state of the session, so that it works
/// behind any front end: an empty cell runs the step that was shown; other cells are evaluated as ever, in between.
public struct Tour {
    struct Step {
        var text: String
        var cell: String
    }

    static let steps: [Step] = [
        Step(text: "A tensor is a grid of numbers. An expression shows its value, without print.",
             cell: "tensor{{1, 2, 3}, {4, 5, 6}} * 10"),
        Step(text: "Locals stay for the cells that follow. Here are signals, and a blurred, noisy measurement of each.",
             cell: "local data = dataset.cosines{measurement = measurement.blur{}, seed = 1}\ndata"),
        Step(text: "An architecture is a row of nodes, each one of a few operations. This is the space of all of them.",
             cell: "local space = darts.space{nodes = 6}\nspace"),
        Step(text: "The search relaxes the choice at every node to a mixture, and learns the mixture together with the weights.",
             cell: "local found = darts.search{space = space, data = data, seed = 1}\nfound"),
        Step(text: "A stronger cell is a larger weight. The largest of each node is the architecture; trained anew, this is what it is worth.",
             cell: "local trained = darts.train{space = space, architecture = found.architecture, data = data, seed = 1}\ntrained"),
        Step(text: "Was that luck? A few random architectures beside it say.",
             cell: """
                 for seed = 1, 3 do
                   local a = space:random{seed = seed}
                   local t = darts.train{space = space, architecture = a, data = data, seed = 1}
                   print(("%5.2f dB  %s"):format(t.psnr.test, a))
                 end
                 """),
        Step(text: "Every name explains itself.", cell: "darts.search?"),
    ]

    static let ending = "That is the tour. %save mine.lua writes your cells as a script; study.new does this a hundred times and counts: study.new?"

    private var next = 0

    /// Shows the step that comes next.
    func show(_ session: Session) {
        let step = Tour.steps[next]
        let lines = step.cell.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }.joined(separator: "\n")
        let hint = next == 0 ? "\n(Enter runs it; Ctrl-C leaves the tour. Type what you like in between.)" : ""
        session.print(session.state.documentation.layout("\n\(next + 1)/\(Tour.steps.count)  \(step.text)\n\n\(lines)\n\(hint)"))
    }

    /// Runs the step that was shown, and shows the one after it.
    func advance(_ session: Session) -> CellOutcome {
        session.tour = nil
        let outcome = session.evaluate(Tour.steps[next].cell)
        guard outcome.error == nil else { return outcome }
        var tour = self
        tour.next += 1
        if tour.next < Tour.steps.count {
            session.tour = tour
            tour.show(session)
        } else {
            session.print(session.state.documentation.layout("\n" + Tour.ending))
        }
        return outcome
    }
}
