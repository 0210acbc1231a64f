import Inference
import KVCache

/// Everything the screen shows. Changed only by `update`, read only by `draw`.
struct AppState: Sendable {
  var size: Size
  var depth: ColorDepth
  var options: AppOptions

  var focus: PanelID = .prompt
  /// The panel that has the whole middle of the screen, if any.
  var zoomed: PanelID?
  /// Only the chat, and the mouse left to the terminal: for selecting text.
  var isCopying = false
  /// The first row of the help overlay that is shown; nil: no help.
  var helpScroll: Int?

  var prompt = LineEditor()
  var history: PromptHistory
  var completion: Completion?
  /// A picture whose path was pasted and that Enter loads.
  var offeredPicture: String?

  var transcript: [Message] = []
  var scroll = ScrollPosition.following
  var layersScroll = 0

  var model: ModelSummary?
  /// What is being loaded or computed before the first token.
  var progress: Progress?
  var isAnswering = false
  /// Models and pictures that were asked for and have not arrived.
  var pendingLoads = 0
  var queue: [String] = []
  var picture: Picture?
  var cache: CacheSnapshot?
  var budget: BudgetControl
  var policy: String
  var speed = SpeedHistory()
  var memory: ProcessMemory?

  var status: Status
  /// The mouse button went down on the budget slider and is still down.
  var isDraggingBudget = false
  /// Counts ticks, for what turns while one waits.
  var turn = 0
  /// Ctrl+C was pressed with nothing to stop: the next one leaves.
  var isLeaveArmed = false
  var exitStatus: Int32?

  init(size: Size, depth: ColorDepth, options: AppOptions, history: PromptHistory = .init()) {
    self.size = size
    self.depth = depth
    self.options = options
    self.history = history
    budget = BudgetControl(request: options.budget)
    policy = options.policy
    status = Status(text: "starting", kind: .plain)
  }

  /// The message that is being streamed into. Questions that wait stand behind it.
  var runningAnswer: Int? {
    guard isAnswering,
      let index = transcript.lastIndex(where: { message in
        message.role == .model || message.role == .user && !message.isQueued
      }), transcript[index].role == .model, transcript[index].footnote == nil
    else { return nil }
    return index
  }

  /// Where the next message goes: in front of the questions that wait.
  var nextPlace: Int { transcript.firstIndex(where: \.isQueued) ?? transcript.count }

  var isBusy: Bool { isAnswering || progress != nil || pendingLoads > 0 }
}

/// The status line's sentence.
struct Status: Sendable, Equatable {
  enum Kind: Sendable { case plain, good, warning, error }
  var text: String
  var kind: Kind
}

struct Progress: Sendable, Equatable {
  var stage: EngineStage
  var done: Int
  var total: Int

  var share: Double { total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0 }

  var label: String {
    switch stage {
    case .loading: "loading the model"
    case .vision: "looking at the picture"
    case .prefill: "reading the prompt"
    }
  }
}

struct Picture: Sendable, Equatable {
  var path: String
  var pixels: Pixels
  /// Counts pictures, so that a rendering can be cached without comparing pixels.
  var serial: Int
}

/// The budget the user asked for, and what is being typed.
struct BudgetControl: Sendable, Equatable {
  /// The last share that was asked for or reported, in (0, 1].
  private(set) var share: Double
  /// Characters typed in the budget panel, not yet applied.
  var typed: String?
  /// The share the engine was asked for and has not reported yet. Until then its reports are about
  /// older requests and do not move the slider.
  private var awaited: Double?

  init(request: BudgetRequest) {
    share = if case .share(let share) = request { share } else { 1 }
  }

  mutating func ask(_ request: BudgetRequest) {
    guard case .share(let share) = request else {
      awaited = nil
      return
    }
    self.share = share
    awaited = share
  }

  mutating func report(_ share: Double) {
    if let awaited, abs(awaited - share) > 1e-6 { return }
    awaited = nil
    self.share = share
  }

  mutating func giveUpWaiting() { awaited = nil }
}

/// Times of the answers so far.
struct SpeedHistory: Sendable, Equatable {
  static let capacity = 512
  /// Tokens per second after each token, newest last.
  private(set) var rates: [Double] = []
  var timeToFirstToken: Duration?
  var lastAnswer: AnswerStatistics?
  var lastChange: ReconfigurationReport?

  var current: Double? { rates.last }

  mutating func add(_ rate: Double) {
    guard rate.isFinite, rate > 0 else { return }
    if rates.count == Self.capacity { rates.removeFirst(Self.capacity / 4) }
    rates.append(rate)
  }
}

/// Candidates of Tab, and the one that stands in the prompt.
struct Completion: Sendable, Equatable {
  /// The prompt's text in front of every candidate.
  var front: String
  var candidates: [String]
  var selected: Int?
}

/// Earlier questions, oldest first, and the place reached with the arrow keys.
struct PromptHistory: Sendable, Equatable {
  static let capacity = 1000
  private(set) var entries: [String]
  private var place: Int?
  private var draft = ""

  init(entries: [String] = []) { self.entries = entries.suffix(Self.capacity) }

  mutating func add(_ entry: String) {
    place = nil
    guard entries.last != entry else { return }
    entries.append(entry)
    if entries.count > Self.capacity { entries.removeFirst() }
  }

  /// The entry before the one shown; `current` is kept for the way back.
  mutating func older(than current: String) -> String? {
    let next = (place ?? entries.count) - 1
    guard entries.indices.contains(next) else { return nil }
    if place == nil { draft = current }
    place = next
    return entries[next]
  }

  mutating func newer() -> String? {
    guard let place else { return nil }
    if place + 1 < entries.count {
      self.place = place + 1
      return entries[place + 1]
    }
    self.place = nil
    return draft
  }
}
