import ArgumentParser
import Foundation
import Inference
import KVCache
import Sessions
import TUI

struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "Talk about a picture and move the cache budget while the answer streams.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var retention: RetentionArguments
  @OptionGroup var recall: RecallOptions
  @OptionGroup var template: TemplateOptions
  @OptionGroup var sampling: SamplingArguments
  @OptionGroup var pace: PaceOptions
  @OptionGroup var ahead: LookAheadOptions
  @OptionGroup var detail: TileOptions

  @Option(
    name: .long,
    help: """
      The picture to begin with, read as a viewer shows it: upright, transparent parts on white. \
      Default: a sample picture.
      """, completion: .file())
  var image: String?

  @Flag(name: .long, help: "Lines instead of panels, for pipes and screen readers.")
  var plain = false

  @Flag(name: .long, help: "Panels, or an error where the terminal cannot show them.")
  var tui = false

  @Option(
    name: .long,
    help: """
      Colours for a light or a dark background, or with high contrast. Default: auto, what COLORFGBG \
      or the terminal says, or dark.
      """)
  var theme: ThemeChoice = .auto

  @Option(
    name: .long, defaultAsFlag: .last,
    help: """
      Go on with a kept conversation: its number, or last, which is meant without one. It brings its \
      own model, picture, system sentence, policy, budget and sampling; --policy, --budget, \
      --picture-tokens, --temperature, --top-p, --seed and --max-tokens beside it hold from then on, and \
      --image, --model, --system and --tiles cannot stand beside it.
      """, completion: .list(["last"]))
  var resume: SessionChoice?

  @Flag(
    name: .customLong("no-save"),
    help: "Keep nothing of this conversation: neither it nor its questions.")
  var isForgotten = false

  @Option(
    name: .long,
    help: """
      How the picture is shown: auto, cells, kitty, sixel or iterm. Default: auto, what TERM and its \
      like say of the terminal, or cells.
      """)
  var graphics = GraphicsChoice.auto

  func validate() throws {
    if plain, tui { throw ValidationError("--plain and --tui exclude each other.") }
  }

  func run() throws {
    let resuming = ResumingOptions()
    if resume != nil { try resuming.requireGoingOn() }
    var chat = try retention.chatOptions(
      template: template, tiles: detail.tiles, sampling: sampling.options)
    chat.pace = pace.pace
    chat.pictureTokens = try detail.wantedPictureTokens
    chat.lookAhead = ahead.lookAhead
    chat.recalls = recall.recall.isOn
    let engine = Engine(options: chat, load: model.loadOptions)
    var options = try AppOptions(
      imagePath: image, samplePicture: ModelLocator.samplePicture(),
      budget: BudgetRequest(parsing: retention.cache.budget), policy: retention.policy,
      sampling: sampling.options, system: template.system, tiles: detail.tiles, model: model.model,
      policies: RetentionPolicies.all.map { PolicyChoice(name: $0.name, summary: $0.summary) },
      surface: plain ? .lines : tui ? .panels : .automatic, theme: theme.theme)
    options.graphics = graphics
    options.recalls = recall.recall.isOn
    options.pictureTokens = try detail.wantedPictureTokens
    let settings = ChatSettings()
    options.colors = settings.colors
    options.keys = settings.keys
    options.keepsSessions = !isForgotten
    options.keepsHistory = !isForgotten
    options.resume = resume
    options.resumedCommands = resume == nil ? [] : resuming.commands(self)
    let status = runChat(engine: engine, options: options)
    if status != 0 { throw ExitCode(status) }
  }
}

/// `--theme`
enum ThemeChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, light, dark
  case lightContrast = "light-contrast"
  case darkContrast = "dark-contrast"

  /// nil leaves it to what the terminal announces.
  var theme: Theme? { Theme(rawValue: rawValue) }
}

extension SessionChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String {
    switch self {
    case .last: "last"
    case .id(let id): "\(id)"
    }
  }
}

extension GraphicsChoice: ExpressibleByArgument {}

extension Engine: EngineConnection {}
