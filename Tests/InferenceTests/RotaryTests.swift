import Foundation
import TestSupport
import Testing

@testable import Inference

/// How configurations say that queries and keys are turned, and what is refused.
@Suite struct RotaryTests {
  private func rotary(
    _ json: String, headDim: Int = 16, context: Int = 4096
  ) throws -> RotaryConfiguration {
    try RotaryConfiguration(
      ConfigurationFile(path: "config.json", data: Data(json.utf8)), base: 10000, headDim: headDim,
      context: context)
  }

  private func plain(_ pairs: Int = 8) -> [Float] {
    (0..<pairs).map { 1 / pow(10000, Float(2 * $0) / Float(2 * pairs)) }
  }

  @Test func withoutScalingPairsTurnByTheBase() throws {
    let rotary = try rotary("{}")
    #expect(rotary.frequencies(reach: 10) == plain() && rotary.magnitude == 1)
    #expect(rotary.summary == "10000")
  }

  @Test(arguments: [
    "{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 4}}",
    "{\"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 4.0, \"rope_theta\": 10000}}",
  ])
  func linearScalingSlowsAllPairs(json: String) throws {
    let rotary = try rotary(json)
    #expect(rotary.frequencies(reach: 10) == plain().map { $0 / 4 })
    #expect(rotary.summary == "10000, linear scaling by 4")
  }

  /// Numbers of transformers' `_compute_llama3_parameters` (5.24) for base 500000 and 16 values.
  @Test func llama3ScalingKeepsShortWavelengths() throws {
    let rotary = try rotary(
      """
      {"rope_theta": 500000, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
      "high_freq_factor": 4, "original_max_position_embeddings": 128}}
      """)
    let base = (0..<8).map { 1 / pow(Float(500_000), Float($0) / 8) }
    let frequencies = rotary.frequencies(reach: 10)
    #expect(frequencies[0] == base[0])  // a wavelength of 6 is below 128 / 4
    #expect(frequencies[2...] == base[2...].map { $0 / 8 }[...])  // beyond 128
    // 32.4 positions lie between: smooth = (128 / 32.4 - 1) / 3.
    let smooth = Float((128 / (2 * Double.pi / Double(base[1])) - 1) / 3)
    #expect(abs(frequencies[1] - ((1 - smooth) * base[1] / 8 + smooth * base[1])) < 1e-7)
    #expect(smooth > 0.9 && smooth < 1)
  }

  private static func longrope(_ more: String = "", type: String = "longrope") -> String {
    """
    {"original_max_position_embeddings": 64, "rope_scaling": {"type": "\(type)",
    "short_factor": [1, 1, 1, 1, 1, 1, 1, 2], "long_factor": [1, 2, 3, 4, 5, 6, 7, 8]\(more)}}
    """
  }

  @Test(arguments: ["longrope", "su"])
  func longropeIsSettledByTheReach(type: String) throws {
    let rotary = try rotary(Self.longrope(type: type))
    let long = zip(plain(), 1...8).map { $0 / Float($1) }
    #expect(rotary.frequencies(reach: 64).dropLast() == plain().dropLast())
    #expect(rotary.frequencies(reach: 65) == long)
    // √(1 + ln(4096 / 64) / ln 64)
    #expect(abs(rotary.magnitude - Float(2).squareRoot()) < 1e-6)
    #expect(try self.rotary(Self.longrope(), context: 64).magnitude == 1)
    #expect(try self.rotary(Self.longrope(", \"attention_factor\": 1.25")).magnitude == 1.25)
  }

  @Test(arguments: [
    "{\"partial_rotary_factor\": 0.5}", "{\"rope_parameters\": {\"partial_rotary_factor\": 0.5}}",
  ])
  func aPartOfAHeadMayBeTurned(json: String) throws {
    let rotary = try rotary(json)
    #expect(rotary.dimensions == 8)
    #expect(rotary.frequencies(reach: 1) == plain(4))
  }

  @Test(arguments: [
    ("{\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4}}", ["'yarn'", "'longrope'"]),
    ("{\"rope_parameters\": {\"rope_type\": \"dynamic\"}}", ["rope_parameters", "'dynamic'"]),
    ("{\"rope_scaling\": {\"type\": \"mrope\"}}", ["'mrope'"]),
    ("{\"rope_scaling\": {\"type\": \"linear\"}}", ["rope_scaling.factor"]),
    ("{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 0}}", ["rope_scaling.factor", "0"]),
    ("{\"rope_scaling\": {\"type\": \"linear\", \"factor\": -2}}", ["rope_scaling.factor"]),
    ("{\"rope_scaling\": {\"type\": \"linear\", \"factor\": \"4\"}}", ["rope_scaling.factor"]),
    ("{\"rope_scaling\": \"linear\"}", ["rope_scaling", "an object"]),
    (
      "{\"rope_scaling\": {\"type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 4, "
        + "\"high_freq_factor\": 1, \"original_max_position_embeddings\": 128}}",
      ["high_freq_factor", "more than"]
    ),
    (
      "{\"rope_scaling\": {\"type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, "
        + "\"high_freq_factor\": 4}}", ["original_max_position_embeddings"]
    ),
    (
      "{\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 2]}}",
      ["short_factor", "8 numbers"]
    ),
    (
      longrope().replacing("[1, 1, 1, 1, 1, 1, 1, 2]", with: "[1, 1, 1, 0, 1, 1, 1, 1]"),
      ["short_factor", "0.001"]
    ),
    (longrope().replacing(", 8]", with: "]"), ["long_factor", "8 numbers"]),
    (longrope().replacing("7, 8]", with: "7, null]"), ["long_factor"]),
    (longrope().replacing("7, 8]", with: "7, NaN]"), ["JSON"]),
    (longrope(", \"short_mscale\": 1.1"), ["short_mscale"]),
    (longrope().replacing(": 64", with: ": 1"), ["original_max_position_embeddings"]),
    ("{\"partial_rotary_factor\": 0}", ["partial_rotary_factor", "16 values"]),
    ("{\"partial_rotary_factor\": 0.2}", ["partial_rotary_factor", "even"]),
    ("{\"partial_rotary_factor\": 1.5}", ["partial_rotary_factor"]),
    ("{\"rope_theta\": 0}", ["rope_theta"]),
  ])
  func whatCannotBeTurnedIsRefused(json: String, says: [String]) {
    expectWeightError(json, path: "config.json", says: says) { _ = try rotary(json) }
  }
}
