import Basics

/// One of the sampling options by the name that people type, on the command line and in the chat.
public enum SamplingSetting: String, Sendable, CaseIterable {
  case temperature
  case topP = "top-p"
  case seed
  case maximumTokens = "max-tokens"

  /// Sets the option from text.
  ///
  /// - Throws: `SamplingError`.
  public func set(_ text: String, in options: inout SamplingOptions) throws(SamplingError) {
    var changed = options
    switch self {
    case .temperature: changed.temperature = try number(text)
    case .topP: changed.topP = try number(text)
    case .seed: changed.seed = try number(text)
    case .maximumTokens: changed.maximumTokens = try number(text)
    }
    try changed.validate()
    options = changed
  }

  private func number<Number: LosslessStringConvertible>(
    _ text: String
  ) throws(SamplingError) -> Number {
    guard let number = Number(text) else { throw .unreadable(name: rawValue, text: text) }
    return number
  }

  /// The option's value as `set` reads it.
  public func text(of options: SamplingOptions) -> String {
    switch self {
    case .temperature: Format.general(options.temperature, digits: 6)
    case .topP: Format.general(options.topP, digits: 6)
    case .seed: "\(options.seed)"
    case .maximumTokens: "\(options.maximumTokens)"
    }
  }
}

extension SamplingOptions {
  /// Checks the ranges of all options.
  ///
  /// - Throws: `SamplingError` for the first option that is outside of its range.
  public func validate() throws(SamplingError) {
    guard temperature >= 0, temperature.isFinite else { throw .temperature(temperature) }
    guard topP > 0, topP <= 1 else { throw .topP(topP) }
    guard maximumTokens > 0 else { throw .maximumTokens(maximumTokens) }
  }

  /// Whether the likeliest token is always taken, so that the seed changes nothing.
  public var isGreedy: Bool { temperature == 0 }
}

/// Why a sampling option was refused.
public enum SamplingError: Error, Equatable, CustomStringConvertible {
  /// The text is no number that the option can have.
  case unreadable(name: String, text: String)
  /// A temperature that is below 0 or not finite.
  case temperature(Double)
  /// A top-p outside (0, 1].
  case topP(Double)
  /// A number of tokens below 1.
  case maximumTokens(Int)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unreadable(let name, let text): "'\(text)' is no number for \(name)."
    case .temperature(let value):
      "A temperature of \(value) is below 0 or too large. 0 is greedy; 0.7 is lively."
    case .topP(let value): "top-p \(value) is outside (0, 1]. 1 allows every token."
    case .maximumTokens(let value): "max-tokens \(value) is not above 0."
    }
  }
}
