import Foundation

/// A command typed after a slash. The same table serves the screen, plain mode, Tab and the help.
struct SlashCommand: Sendable {
  /// What Tab offers for the argument.
  enum Argument: Sendable {
    case none, path, budget, policy, panel

    var placeholder: String {
      switch self {
      case .none: ""
      case .path: " PATH"
      case .budget: " 30%"
      case .policy: " NAME"
      case .panel: " PANEL"
      }
    }
  }

  let name: String
  let argument: Argument
  let summary: String
  /// Receives the text after the name, trimmed.
  let run: @Sendable (inout AppState, String) -> [AppEffect]

  var usage: String { "/" + name + argument.placeholder }
}

enum SlashCommands {
  static let all: [SlashCommand] = [
    SlashCommand(
      name: "image", argument: .path, summary: "open a picture (JPEG, PNG, WebP, GIF, BMP)"
    ) {
      $1.isEmpty ? $0.refuse("/image needs a path, as in /image ~/cat.jpg") : [.resolve(.image($1))]
    },
    SlashCommand(
      name: "budget", argument: .budget, summary: "keep this much: 0.3, 30%, 180tok, 200MiB"
    ) { state, text in
      text.isEmpty ? state.show(.budget) : state.setBudget(typed: text)
    },
    SlashCommand(
      name: "policy", argument: .policy, summary: "choose what is kept; without a name: list them"
    ) { state, name in
      name.isEmpty ? state.listPolicies() : state.setPolicy(name)
    },
    SlashCommand(
      name: "model", argument: .path, summary: "load a folder, a .gguf or a Hugging Face id"
    ) { state, name in
      guard !name.isEmpty else { return state.refuse("/model needs a folder, a .gguf or an id.") }
      return state.loadModel(name)
    },
    SlashCommand(name: "regenerate", argument: .none, summary: "answer the last question again") {
      state, _ in state.regenerate()
    },
    SlashCommand(name: "clear", argument: .none, summary: "forget the conversation") { state, _ in
      state.clear()
    },
    SlashCommand(name: "show", argument: .panel, summary: "go to a panel; plain mode prints it") {
      state, name in
      guard !name.isEmpty else { return state.showAll() }
      guard let panel = Panels.named(name) else {
        let names = Panels.all.map(\.id.name).joined(separator: ", ")
        return state.refuse("There is no panel '\(name)'. There are \(names).")
      }
      return state.show(panel.id)
    },
    SlashCommand(name: "save", argument: .path, summary: "write the conversation as Markdown") {
      state, path in
      guard !path.isEmpty else { return state.refuse("/save needs a path, as in /save chat.md") }
      return [.save(path: path, text: state.transcriptAsMarkdown)]
    },
    SlashCommand(name: "help", argument: .none, summary: "keys and commands") { state, _ in
      state.showHelp()
    },
    SlashCommand(name: "quit", argument: .none, summary: "leave") { _, _ in [.quit(status: 0)] },
  ]

  static func named(_ name: String) -> SlashCommand? { all.first { $0.name == name } }

  /// `/name rest` as its two parts; nil when the text does not begin with a slash.
  static func split(_ text: String) -> (name: String, rest: String)? {
    guard text.hasPrefix("/") else { return nil }
    let end = text.firstIndex { $0.isWhitespace } ?? text.endIndex
    let name = String(text[text.index(after: text.startIndex)..<end])
    return (name, text[end...].trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

extension AppState {
  mutating func refuse(_ sentence: String) -> [AppEffect] {
    report(error: sentence)
    return []
  }

  mutating func show(_ id: PanelID) -> [AppEffect] {
    if options.plain {
      for line in Panels.panel(id).text(self) { notice(line) }
    } else {
      focus = id
      zoomed = nil
      isCopying = false
    }
    return []
  }

  mutating func showAll() -> [AppEffect] {
    for panel in Panels.all where panel.place == .side {
      for line in panel.text(self) { notice(line) }
    }
    return []
  }

  mutating func showHelp() -> [AppEffect] {
    guard options.plain else {
      helpScroll = 0
      return []
    }
    for command in SlashCommands.all {
      let gap = String(repeating: " ", count: max(1, 16 - command.usage.count))
      notice(command.usage + gap + command.summary)
    }
    notice("Any other line is a question. Ctrl+C stops the answer; twice leaves.")
    return []
  }

  mutating func listPolicies() -> [AppEffect] {
    for choice in options.policies {
      let mark = choice.name == policy ? "*" : " "
      notice("\(mark) \(choice.name): \(choice.summary)")
    }
    return []
  }

  mutating func setPolicy(_ name: String) -> [AppEffect] {
    let isListed = options.policies.contains { $0.name == name }
    guard isListed || name.hasPrefix("prefixkv:") || options.policies.isEmpty else {
      let names = options.policies.map(\.name).joined(separator: ", ")
      return refuse("There is no policy '\(name)'. There are \(names), and prefixkv:PATH.")
    }
    policy = name
    status = Status(text: "policy \(name)", kind: .plain)
    return [.post(.setPolicy(name))]
  }

  mutating func loadModel(_ name: String?) -> [AppEffect] {
    pendingLoads += 1
    status = Status(text: "loading \(name ?? "the bundled model")", kind: .plain)
    return [.post(.loadModel(name))]
  }

  mutating func loadPicture(_ path: String) -> [AppEffect] {
    pendingLoads += 1
    offeredPicture = nil
    status = Status(text: "opening \(path)", kind: .plain)
    return [.post(.loadImage(path: path))]
  }

  mutating func regenerate() -> [AppEffect] {
    guard !isAnswering else { return refuse("An answer is running. Ctrl+C stops it.") }
    guard let question = transcript.lastIndex(where: { $0.role == .user }) else {
      return refuse("There is no question to answer again.")
    }
    transcript.removeSubrange((question + 1)...)
    scroll = .following
    return begin(.regenerate)
  }

  mutating func clear() -> [AppEffect] {
    let stop: [AppEffect] = isAnswering ? [.post(.cancel)] : []
    transcript = []
    queue = []
    scroll = .following
    status = Status(text: "the conversation is forgotten", kind: .plain)
    return stop + [.post(.clear)]
  }

  var transcriptAsMarkdown: String {
    var parts = ["# Conversation\n"]
    if let model { parts.append("Model: \(model.name), \(model.weightType)\n") }
    if let picture { parts.append("Picture: \(picture.path)\n") }
    for message in transcript {
      switch message.role {
      case .user: parts.append("## You\n\n\(message.text)\n")
      case .model: parts.append("## Model\n\n\(message.text)\n")
      case .notice, .error: continue
      }
    }
    return parts.joined(separator: "\n")
  }
}
