import Basics
import Inference
import KVCache
import Sessions

/// A retention policy as the screen offers it.
public struct PolicyChoice: Sendable, Equatable {
  /// What `/policy` takes.
  public var name: String
  /// One line that says what the policy keeps.
  public var summary: String

  /// - Parameters:
  ///   - name: the registered name.
  ///   - summary: one line without a full stop.
  public init(name: String, summary: String) {
    self.name = name
    self.summary = summary
  }
}

/// How a chat begins.
public struct AppOptions: Sendable, Equatable {
  /// The picture to open; nil opens `samplePicture`.
  public var imagePath: String?
  /// The picture of a chat that names none; nil begins without a picture.
  public var samplePicture: String?
  /// How much of the cache is kept at the beginning.
  public var budget: BudgetRequest
  /// The registered name of the retention policy, or `prefixkv:FILE`.
  public var policy: String
  /// How tokens are chosen at the beginning.
  public var sampling: SamplingOptions
  /// The system sentence in place of the template's own; nil keeps that.
  public var system: String?
  /// At most so many squares of a picture are looked at; nil: as many as the model wants.
  public var tiles: Int?
  /// At most so many rows of a picture enter the language model; nil: all.
  public var pictureTokens: PictureTokens?
  /// Whether every question sees evicted entries at the beginning.
  public var recalls = true
  /// What `--model` named; nil is the bundled model.
  public var model: String?
  /// What `/policy` lists.
  public var policies: [PolicyChoice]
  /// Panels, lines, or whatever the terminal can show.
  public var surface: SurfaceRequest
  /// The colours; nil takes what the terminal announces.
  public var theme: Theme?
  /// How the picture is shown.
  public var graphics = GraphicsChoice.auto
  /// Colours of some roles in place of the theme's.
  public var colors = ColorChoices()
  /// Keys that mean other keys.
  public var keys = KeyMap()
  /// The folder of the log, of the history and of the kept conversations.
  public var stateFolder: String
  /// Whether conversations are kept as they go.
  public var keepsSessions = false
  /// Whether questions are added to the history that later chats bring back.
  public var keepsHistory = true
  /// The kept conversation to go on with; nil begins a new one.
  public var resume: SessionChoice?
  /// Commands that are carried out when that conversation has been read, each with its slash: what the
  /// command line says itself.
  public var resumedCommands: [String] = []
  /// Whether a demonstration plays first.
  public var isDemo = false
  /// Lines are shown instead of panels; set when the surface has been chosen.
  var isPlain = false

  var historyFile: String { stateFolder + "/history" }
  var sessionsFolder: String { UserFolders.sessions(in: stateFolder) }

  /// - Parameter stateFolder: nil is the user's own.
  public init(
    imagePath: String? = nil, samplePicture: String? = nil, budget: BudgetRequest = .share(1),
    policy: String = RetentionPolicies.standard.name,
    sampling: SamplingOptions = SamplingOptions(),
    system: String? = nil, tiles: Int? = nil, model: String? = nil,
    policies: [PolicyChoice] = [], surface: SurfaceRequest = .automatic, theme: Theme? = nil,
    stateFolder: String? = nil
  ) {
    self.imagePath = imagePath
    self.samplePicture = samplePicture
    self.budget = budget
    self.policy = policy
    self.sampling = sampling
    self.system = system
    self.tiles = tiles
    self.model = model
    self.policies = policies
    self.surface = surface
    self.theme = theme
    self.stateFolder = stateFolder ?? UserFolders().state
  }
}
