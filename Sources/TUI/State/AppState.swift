import Basics
import Inference
import KVCache
import Sessions

/// Everything the screen shows. Changed only by `update`, read only by `draw`.
struct AppState: Sendable {
  var size: Size
  var depth: ColorDepth
  var theme: Theme
  /// What the terminal shows besides cells.
  let graphicsSupport: GraphicsSupport
  var options: AppOptions

  // MARK: The screen

  var focus: PanelID = .prompt
  /// The panel that fills the middle of the screen, if any.
  var zoomed: PanelID?
  /// Only the chat is shown and the mouse is left to the terminal, for selecting text.
  var isCopying = false
  /// The first row of the help overlay that is shown; nil: no help.
  var helpScroll: Int?
  /// Where a button of the mouse went down and is still down: drags belong to this panel.
  var grabbed: PanelID?
  var scroll = ScrollPosition.following
  /// The layer that panels and overlay look at closely.
  var selectedLayer = 0
  var overlay = Overlay.off
  /// Counts ticks; the spinner shows this frame.
  var spinnerFrame = 0
  var status: Status

  // MARK: The prompt

  var prompt = LineEditor()
  var history: PromptHistory
  var completion: Completion?
  /// A search through the history that is open.
  var search: HistorySearch?
  /// The list of kept conversations that is open.
  var sessionList: SessionList?
  /// The path of a picture that was pasted; Enter loads it.
  var offeredPicture: String?
  /// Ctrl+C was pressed with nothing to stop: the next one leaves.
  var isLeaveArmed = false

  // MARK: The conversation

  var transcript: [Message] = []
  /// The conversation as the store of sessions knows it.
  var session = SessionState()
  var isAnswering = false
  /// What is being loaded or computed before the first token.
  var progress: Progress?
  var loads = Loads()
  /// Lists of models, and answers of the store of sessions, that were asked for and have not come.
  var listsAwaited = 0
  /// What was asked for while the engine was busy, oldest first.
  var queue: [Request] = []
  var picture: Picture?
  var model: ModelSummary?
  /// What the model was asked for by; nil is the bundled one.
  var modelReference: String?
  var cache: CacheSnapshot?
  /// What the engine was asked to tell of the cache's entries, and what it told last.
  var watch: CacheWatch = []
  var entries: CacheEntries?
  /// Answers side by side; nil until they are asked for, and from the next question on.
  var comparison: Comparison?
  var quality = Quality()
  var inspection = TokenInspection()
  /// Whether answers are shaded by how sure the model was of each token.
  var showsConfidence = false
  var budget: BudgetControl
  var policy: String
  var sampling: SamplingOptions
  /// In place of the template's own; nil keeps that.
  var system: String?
  /// Answers that were sampled again.
  var retries: UInt64 = 0
  /// Budget, policy or sampling have changed since the last answer began: another one may differ.
  var hasChangedSinceAnswer = false
  /// At most so many squares of a picture are looked at; nil: as many as the model wants.
  var tiles: Int?
  /// At most so many rows of a picture enter the language model; nil: all.
  var pictureTokens: PictureTokenControl
  /// Whether every question sees evicted entries.
  var recalls: Bool
  /// What that cost at the last question; nil when nothing was recalled.
  var lastRecall: RecallReport?
  var speed = SpeedHistory()
  var memory: ProcessMemory?

  /// A demonstration that plays; nil: none does.
  var demo: Demo?

  var exitStatus: Int32?
  /// What the first error means for a script, which ends with it; nil as long as nothing failed.
  var failure: ExitStatus?

  init(
    size: Size, depth: ColorDepth, theme: Theme = .dark, options: AppOptions,
    history: PromptHistory = .init(),
    graphicsSupport: GraphicsSupport = GraphicsSupport(environment: [:])
  ) {
    self.graphicsSupport = graphicsSupport
    self.size = size
    self.depth = depth
    self.theme = theme
    self.options = options
    self.history = history
    budget = BudgetControl(request: options.budget)
    policy = options.policy
    sampling = options.sampling
    system = options.system
    demo = options.isDemo ? Demo() : nil
    tiles = options.tiles
    recalls = options.recalls
    pictureTokens = PictureTokenControl(options.pictureTokens)
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

  /// How the picture is shown.
  var graphics: PictureProtocol { graphicsSupport.method(for: options.graphics) }

  /// Whether the screen has room for the map of the layers beside picture and chat.
  var isWide: Bool { size.columns >= 190 && size.rows >= 50 && !isCopying }

  /// Whether something waits for time to pass.
  var needsTicks: Bool { isBusy || pictureTokens.isMoving || demo != nil }

  var isBusy: Bool {
    isAnswering || progress != nil || loads.isPending || comparison?.isRunning == true
  }
}

/// A picture as the panel shows it.
struct Picture: Sendable, Equatable {
  var path: String
  var pixels: Pixels
  /// Where the model's patches lie on it; nil until it was encoded.
  var patches: PatchMap?
  /// Counts pictures and their patches, so that a rendering can be cached without comparing pixels.
  var serial: Int
  /// How the model looks at it; nil before there is a model.
  var layout: PictureLayout?
}

/// What the engine was asked to load and has not finished with.
struct Loads: Sendable, Equatable {
  /// What the models are asked for by, in the order of the requests; nil is the bundled one.
  var references: [String?] = []
  var models: Int { references.count }
  var pictures = 0
  /// The picture is decoded and is being encoded. A question waits for the end of this step, because
  /// it would be about no picture if the step were stopped.
  var isEncoding = false

  var isPending: Bool { models > 0 || pictures > 0 || isEncoding }
}

/// Something that waits until the engine is free: a picture, a question, a question about a picture
/// that is loaded first, or a conversation to go on with.
struct Request: Sendable, Equatable {
  var picture: String?
  var question: String?
  /// A conversation to go on with, whose model and picture are loaded first.
  var resumption: Resumption?
}
