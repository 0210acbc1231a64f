import Foundation
import Inference

extension SlashCommand {
  static let set = SlashCommand(
    name: "set",
    argument: Argument(placeholder: "NAME VALUE", candidates: .names { _ in settingNames }),
    summary: "temperature, top-p, seed, max-tokens, system",
    details:
      "As in /set temperature 0.7, /set max-tokens 200 or /set system \"Answer in one word.\" "
      + "Without a value the setting is shown, without a name all of them. /set system alone "
      + "shows the sentence in force, /set system default goes back to the template's own. "
      + "Another system sentence begins a new conversation."
  ) { state, text in
    let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard let name = parts.first else { return state.showSettings() }
    let value = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : nil
    if name == systemName { return state.setSystem(value) }
    guard let setting = SamplingSetting(rawValue: name) else {
      return state.refuse(
        "There is no setting '\(name)'. Available: \(settingNames.joined(separator: ", ")).")
    }
    return state.set(setting, to: value)
  }

  fileprivate static let systemName = "system"
  private static var settingNames: [String] {
    SamplingSetting.allCases.map(\.rawValue) + [systemName]
  }
}

extension AppState {
  fileprivate mutating func set(_ setting: SamplingSetting, to text: String?) -> [AppEffect] {
    if let text {
      do {
        try setting.set(text, in: &sampling)
      } catch {
        return refuse("\(error)")
      }
      hasChangedSinceAnswer = true
    }
    acknowledge("\(setting.rawValue) \(setting.text(of: sampling))")
    return text == nil ? [] : [.post(.setSampling(sampling))]
  }

  fileprivate mutating func setSystem(_ text: String?) -> [AppEffect] {
    guard let text else {
      notice("system \(systemInForce)")
      return []
    }
    guard model?.template.template.systemSentence != nil else {
      let template = model?.template.template.name ?? "none"
      return refuse("The template (\(template)) has no place for a system sentence.")
    }
    system = text == "default" ? nil : text.unquoted
    let stop: [AppEffect] = isAnswering ? [.post(.cancel)] : []
    acknowledge("system \(systemInForce)")
    return stop + [.post(.setSystem(system))]
  }

  private var systemInForce: String {
    (system ?? model?.template.template.systemSentence).map { "\"\($0)\"" } ?? "none"
  }

  fileprivate mutating func showSettings() -> [AppEffect] {
    let values = SamplingSetting.allCases.map { "\($0.rawValue) \($0.text(of: sampling))" }
    notice("system \(systemInForce)")
    notice(values.joined(separator: ", "))
    return []
  }
}

extension String {
  /// Without the quotes around it, if there are some.
  fileprivate var unquoted: String {
    guard count > 1, let first, "\"'".contains(first), last == first else { return self }
    return String(dropFirst().dropLast())
  }
}
