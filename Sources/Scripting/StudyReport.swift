import Foundation
import LuaHost
import Plots
import Studies

/// The page of a study, with its figures drawn for light and dark: of a running script's (`s:report`), or of a store alone.
public enum StudyReport {
    /// The studies of a store on one page, in the order given, with the scripts that they were last run by. The seeds of nested studies
    /// are not in a store, so their variance by seed is left out.
    public static func html(_ store: Store, studies names: [String]) throws -> String {
        let drawing = Drawing()
        return ReportPage.html(try names.map { name in
            let plan = try store.plan(study: name), records = try store.records(for: plan)
            return try page(name, StudyTable(records, plan: plan, score: .test, wide: true), records, script: try store.provenance(study: name)?.script, drawing)
        })
    }

    static func html(_ s: StudyObject, _ environment: ScriptingEnvironment) throws -> String {
        var variance: VarianceTable?
        if s.design.nesting != nil {
            let design = s.design
            variance = VarianceTable(s.records, seeds: { design.seeds(trial: $0) }, searches: { design.searches(method: $0) })
        }
        return try page(s.design.name, s.table(score: .test, wide: true), s.records, variance: variance,
                    script: try environment.script?.text ?? s.store.provenance(study: s.design.name)?.script, Drawing()).html
    }

    /// - Throws: unless the path is one of a page.
    public static func check(path: String) throws {
        guard path.hasSuffix(".html") || path.hasSuffix(".htm") else { throw LuaError("report: a path that ends in .html expected, got '\(path)'") }
    }

    /// gnuplot, or why there is none.
    private struct Drawing {
        let gnuplot: Gnuplot?, failure: String?
        init() {
            do { (gnuplot, failure) = (try FigureObject.gnuplot(), nil) } catch { (gnuplot, failure) = (nil, "Figures are in characters: \(error)") }
        }
    }

    private static func page(_ title: String, _ table: StudyTable, _ records: [TrialRecord], variance: VarianceTable? = nil, script: String?, _ drawing: Drawing) throws -> ReportPage {
        var page = ReportPage(title: title, table: table, records: records)
        page.correlation = CorrelationTable(records, x: .relaxed, y: .validation)
        page.failures = FailureThresholds().count(records)
        page.statistics = [("Distribution of the test PSNR", DistributionTable(records).text(width: 150)),
                           ("Best of k", BestOfTable(records).text(width: 150))]
        if let baseline = table.methods.first, table.methods.count > 1 {
            page.statistics.append(("Against \(baseline)", ComparisonTable(records, baseline: baseline).text(width: 150)))
        }
        if let variance { page.statistics.append(("Variance by seed", variance.text(width: 150))) }
        page.provenances = records.compactMap(\.provenance)
        page.script = script
        page.note = drawing.failure
        for data in table.data {
            var drawn: [(String, (FigureOptions) throws -> Figure)] = [("Test PSNR on \(data)", { try StudyFigures.boxes(records, data: data, $0) })]
            let both = records.contains { $0.data == data && $0.status == .ok && $0.oneShot.relaxed != nil && $0.psnr.validation != nil }
            if both { drawn.append(("One-shot against retrained on \(data)", { try StudyFigures.scatter(records, data: data, $0) })) }
            for (caption, make) in drawn {
                guard records.contains(where: { $0.data == data && $0.status == .ok && $0.psnr.test?.isFinite == true }) else { continue }
                var options = FigureOptions()
                options.size = .double
                guard let light = try? make(options) else { continue }
                options.theme = .dark
                guard let gnuplot = drawing.gnuplot else {
                    page.figures.append(.init(caption: caption, text: light.text(width: 100, isColoured: false)))
                    continue
                }
                page.figures.append(.init(caption: caption, light: try light.bytes(.svg, gnuplot: gnuplot), dark: try make(options).bytes(.svg, gnuplot: gnuplot)))
            }
        }
        return page
    }
}
