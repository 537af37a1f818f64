import Foundation
import LuaHost
import Plots
import Studies

/// `s:report`: the page of a study, with its figures drawn for light and dark.
enum StudyReport {
    static func html(_ s: StudyObject, _ environment: ScriptingEnvironment) throws -> String {
        var page = ReportPage(title: s.design.name, table: s.table(score: .test, wide: true), records: s.records)
        page.correlation = CorrelationTable(s.records, x: .relaxed, y: .validation)
        page.failures = FailureThresholds().count(s.records)
        page.statistics = [("Distribution of the test PSNR", DistributionTable(s.records).text(width: 150)),
                           ("Best of k", BestOfTable(s.records).text(width: 150))]
        if let baseline = s.design.methods.first?.name, s.design.methods.count > 1 {
            page.statistics.append(("Against \(baseline)", ComparisonTable(s.records, baseline: baseline).text(width: 150)))
        }
        if s.design.nesting != nil {
            let design = s.design
            page.statistics.append(("Variance by seed", VarianceTable(s.records, seeds: { design.seeds(trial: $0) }, searches: { design.searches(method: $0) }).text(width: 150)))
        }
        page.provenances = s.records.compactMap(\.provenance)
        page.script = try environment.script?.text ?? s.store.provenance(study: s.design.name)?.script
        let gnuplot: Gnuplot?
        do { gnuplot = try FigureObject.gnuplot() } catch {
            gnuplot = nil
            page.note = "Figures are in characters: \(error)"
        }
        for data in s.design.data.map(\.name) {
            var drawn: [(String, (FigureOptions) throws -> Figure)] = [("Test PSNR on \(data)", { try StudyFigures.boxes(s, data: data, $0) })]
            let both = s.records.contains { $0.data == data && $0.status == .ok && $0.oneShot.relaxed != nil && $0.psnr.validation != nil }
            if both { drawn.append(("One-shot against retrained on \(data)", { try StudyFigures.scatter(s, data: data, $0) })) }
            for (caption, make) in drawn {
                guard s.records.contains(where: { $0.data == data && $0.status == .ok && $0.psnr.test?.isFinite == true }) else { continue }
                var options = FigureOptions()
                options.size = .double
                guard let light = try? make(options) else { continue }
                guard let gnuplot else {
                    page.figures.append(.init(caption: caption, text: light.text(width: 100, isColoured: false)))
                    continue
                }
                options.theme = .dark
                page.figures.append(.init(caption: caption, light: try light.bytes(.svg, gnuplot: gnuplot), dark: try make(options).bytes(.svg, gnuplot: gnuplot)))
            }
        }
        return page.html
    }
}
