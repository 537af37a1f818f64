import Engine
import Foundation
import LuaHost
import Studies
import Tensors

/// A Lua state with everything a script can use: each namespace is declared by one function, in the list below. It owns
/// what a session has one of: the random stream, the threads, the width of the display.
public final class ScriptingEnvironment {
    public struct Configuration {
        /// Of the session's random stream and of math.random.
        public var seed: Int
        /// Of compiled functions and studies; nil: all cores.
        public var threads: Int?
        public var isSandboxed: Bool
        /// Bytes; nil: four fifths of what the machine has.
        public var memoryLimit: Int?
        /// Seconds for each run; nil: none.
        public var timeLimit: Double?
        /// Without progress.
        public var isQuiet: Bool
        public init(seed: Int = 0, threads: Int? = nil, isSandboxed: Bool = false, memoryLimit: Int? = nil, timeLimit: Double? = nil, isQuiet: Bool = false) {
            (self.seed, self.threads, self.isSandboxed) = (seed, threads, isSandboxed)
            (self.memoryLimit, self.timeLimit, self.isQuiet) = (memoryLimit, timeLimit, isQuiet)
        }
    }

    public let state: LuaState
    public let threads: Int
    public let isQuiet: Bool
    /// Where whatever is given no seed draws from.
    public let stream: RandomStream
    /// Characters in a line of what is printed; unless set, those of the terminal, else 80.
    public var displayWidth: Int {
        get { givenWidth ?? terminalWidth ?? 80 }
        set { givenWidth = newValue }
    }
    private var givenWidth: Int?
    /// Columns that tables may take: those of the display or the terminal, else a width that pages and logs bear.
    var tableWidth: Int { givenWidth ?? Self.widthOfTables }
    /// The threads of compiled functions; nil computes on the calling thread.
    var pool: ThreadPool? {
        if startedPool == nil, threads > 1 { startedPool = ThreadPool(threads: threads) }
        return startedPool
    }
    private var startedPool: ThreadPool?
    /// The script that runs, for the record of its trials; nil at a prompt.
    public var script: ScriptSource? { didSet { knownProvenance = nil } }
    /// Decides what opening and running a study means.
    public var conductor: (any StudyConductor)?
    /// Shows what display() is given; nil prints it.
    public var onDisplay: ((DisplayRequest) throws -> Void)?
    /// Shows how far a study, search or training of this name is.
    public var progressDisplay: (_ name: String) -> ProgressDisplay = { ProgressDisplay(name: $0) }
    private var knownProvenance: Provenance?
    /// Where numbers of this session come from.
    public var provenance: Provenance {
        if let knownProvenance { return knownProvenance }
        let found = Provenance.here(script: script?.text, path: script?.path, arguments: script?.arguments ?? [], seed: seed, threads: threads, version: Self.version)
        knownProvenance = found
        return found
    }
    /// Of Oche.
    public static let version = "0.1.0"
    private let seed: Int
    private let scriptThread = pthread_self()

    /// Every namespace, in the order of the manual.
    private static let namespaces: [(ScriptingEnvironment) throws -> Void] = [
        TensorModule.declare(in:),
        MeasurementModule.declare(in:),
        DatasetModule.declare(in:),
        OperationModule.declare(in:),
        DartsModule.declare(in:),
        StudyModule.declare(in:),
        PlotModule.declare(in:),
        DisplayModule.declare(in:),
    ]

    public init(_ configuration: Configuration = .init()) throws {
        state = try LuaState(.init(seed: configuration.seed, isSandboxed: configuration.isSandboxed,
                                   memoryLimit: configuration.memoryLimit, timeLimit: configuration.timeLimit))
        threads = configuration.threads ?? ProcessInfo.processInfo.activeProcessorCount
        isQuiet = configuration.isQuiet
        seed = configuration.seed
        stream = RandomStream(seed: configuration.seed)
        for declare in ScriptingEnvironment.namespaces { try declare(self) }
        state.documentation.notes.append(ScriptingEnvironment.firstSearch)
        takeOverProcess()
    }

    /// What `help()` shows of it all.
    static let firstSearch = """
        A first search
          data = dataset.cosines{measurement = measurement.blur{}, seed = 1}
          space = darts.space{nodes = 6}        -- what a network can be
          found = darts.search{space = space, data = data, seed = 1}
          print(found)                          -- what was learned
          trained = darts.train{space = space, data = data, seed = 1,
                                architecture = found.architecture}
          print(trained.psnr.test)              -- dB; study.new does it many times
        """

    deinit {
        if Interruption.flag == UnsafeMutablePointer(mutating: state.interruptFlag) { Interruption.flag = Interruption.ownFlag }
        startedPool?.close()
        state.close()
    }

    /// Interrupts and the memory limit of this state hold for native work as well. The last environment made has them.
    private func takeOverProcess() {
        Interruption.flag = UnsafeMutablePointer(mutating: state.interruptFlag)
        Storage.limit = state.configuration.memoryLimit ?? SystemMemory.defaultLimit
        Storage.reclaim = { [weak state] in state?.collectGarbage() }
    }

    /// Whether the calling thread is the one that may run Lua.
    var isOnScriptThread: Bool { pthread_equal(scriptThread, pthread_self()) != 0 }

    /// The seed that options with a `seed` ask for; a stream gives its next, no answer the session's next.
    func seed(_ options: LuaOptions) -> UInt64 {
        switch options.seedSource {
        case .seed(let seed)?: UInt64(bitPattern: Int64(seed))
        case .stream(let stream)?: UInt64(stream.nextSeed())
        case nil: UInt64(stream.nextSeed())
        }
    }

    /// To be told how far a search or training is.
    func progress(_ name: String, total: Int) -> StepProgress { StepProgress(name: name, total: total, isShown: !isQuiet, display: progressDisplay) }
}
