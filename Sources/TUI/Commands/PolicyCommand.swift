extension SlashCommand {
  static let policy = SlashCommand(
    name: "policy",
    argument: Argument(placeholder: "NAME", candidates: .names { $0.options.policies.map(\.name) }),
    summary: "choose what is kept; without a name: list them",
    details: "As in /policy local, or /policy prefixkv:FOLDER for configuration files. It acts "
      + "between two tokens."
  ) { state, name in
    name.isEmpty ? state.listPolicies() : state.setPolicy(name)
  }
}

extension AppState {
  fileprivate mutating func listPolicies() -> [AppEffect] {
    for choice in options.policies {
      let mark = choice.name == policy ? ", in force" : ""
      notice("\(choice.name)\(mark): \(choice.summary)")
    }
    status = Status(text: "\(policy) is in force", kind: .plain)
    return []
  }

  fileprivate mutating func setPolicy(_ name: String) -> [AppEffect] {
    let isListed = options.policies.contains { $0.name == name }
    guard isListed || name.hasPrefix("prefixkv:") || options.policies.isEmpty else {
      let names = options.policies.map(\.name).joined(separator: ", ")
      return refuse("There is no policy '\(name)'. Available: \(names), prefixkv:PATH.")
    }
    policy = name
    hasChangedSinceAnswer = true
    acknowledge("policy \(name)")
    return [.post(.setPolicy(name))]
  }
}
