import ArgumentParser
import Basics
import Evaluation
import Foundation
import Inference
import KVCache
import TUI

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure a model on this machine, with the machine's own bound beside each figure.")

  @OptionGroup var model: ModelOptions

  @OptionGroup var synthetic: SyntheticOptions

  @Option(name: .long, help: "Weight type of a synthetic model: q4_0, q8_0, q4_k, f16, ...")
  var type: String = "q4_0"

  @Option(name: .long, help: "Also decode this many sequences together.")
  var batch: Int = 1

  @Option(name: .long, help: "Depths to decode at, separated by commas.")
  var depths: String = "0,640,2048"

  @Option(name: .long, help: "Prompt lengths, separated by commas.")
  var prefill: String = "64,640"

  @Option(
    name: .long,
    help: """
      Also measure, once, the way from a picture of this size and a short question to the first token, \
      as in 640x480, and the memory that it takes.
      """)
  var picture: String?

  @Option(
    name: .long,
    help: """
      With --picture: let no more than this many of its rows into the language model, 128 or diverse:128.
      """)
  var pictureTokens: String?

  @Option(
    name: .long,
    help: """
      Also write this file's text as if the model had answered with it, each line by itself, at every \
      depth: one token at a time, and looking ahead. (A synthetic model has the bundled one's tokens.)
      """, completion: .file())
  var replay: String?

  @OptionGroup var ahead: LookAheadOptions

  @Option(
    name: .long,
    help: """
      Also measure, at this depth, how much a full-cache twin slows an answer down, and how much \
      sooner five budgets answer together than one by one.
      """)
  var sideBySide: Int?

  @Option(name: .long, help: "Precision of the cache: \(CachePrecision.names).")
  var kvType: CachePrecision = .f16

  @Option(
    name: .long,
    help: "What the cache keeps, as in chat and ask. How long its plans take is measured, too.",
    completion: RetentionArguments.policyNames)
  var policy: String = RetentionPolicies.prefixKV.name

  @Flag(
    name: .long,
    help: "Measure only how long the screen takes to draw 32 layers with 2928 positions.")
  var screen = false

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @Option(
    name: .long, help: "Write speed and memory against budget to this .svg or .png file.",
    completion: .file())
  var plot: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...256).contains(batch) else {
      throw ValidationError("--batch \(batch) is outside 1...256.")
    }
    guard ElementType(rawValue: type) != nil else {
      throw ValidationError("--type '\(type)' is unknown. Try q4_0, q8_0 or f16.")
    }
    try RetentionPolicies.requireName(policy)
    if let sideBySide, !(1...Self.longest).contains(sideBySide) {
      throw ValidationError(
        "--side-by-side \(sideBySide) is outside 1...\(Self.longest).")
    }
    if screen, json { throw ValidationError("--screen prints a table; leave --json out.") }
    _ = try pictureSize
    if try wantedPictureTokens != nil, picture == nil {
      throw ValidationError("--picture-tokens needs --picture, as in --picture 336x336.")
    }
    _ = try numbers(depths, option: "--depths", atLeast: 0)
    _ = try numbers(prefill, option: "--prefill", atLeast: 1)
    if let plot, !plot.hasSuffix(".svg"), !plot.hasSuffix(".png") {
      throw ValidationError("--plot '\(plot)' ends neither in .svg nor in .png.")
    }
  }

  func run() throws {
    // Outputs come first: a wrong path should not cost the measurement.
    let output = try output.open()
    if screen { return try measureScreen(output) }
    let plotFile = try plot.map(OutputFile.init(path:))
    let replayed = try replay.map(replayedText)
    func note(_ text: String) { Notice.say("measuring \(text)") }
    let policy = try RetentionPolicies.named(policy)
    let llava: LlavaModel
    var load: BenchReport.Load?
    if let checkpoint = try synthetic.checkpoint(type: ElementType(rawValue: type)!) {
      note("how long \(checkpoint.name) takes to build")
      llava = try LlavaModel(checkpoint, options: model.loadOptions)
    } else {
      (llava, load) = try BenchReport.Load.measure {
        try model.load(writing: self.output.paths + [plot].compactMap(\.self))
      }
    }
    var options = ModelBench.Options()
    options.batch = batch
    options.cachePrecision = kvType
    options.policy = policy
    options.picture = try pictureSize
    options.pictureTokens = try wantedPictureTokens
    if let tokens = options.pictureTokens { try llava.check(tokens) }
    options.replay = replayed
    options.looksAhead = ahead.lookAhead == .auto
    options.sideBySideDepth = sideBySide
    options.depths = try numbers(depths, option: "--depths", atLeast: 0)
    options.prefillLengths = try numbers(prefill, option: "--prefill", atLeast: 1)
    let report = try ModelBench(model: llava, options: options, load: load, note: note).run()
    try output.write(json ? JSONStyle.document(report) : report.text)
    try output.finish()
    if let plot, let plotFile {
      let chart = report.chart
      try plotFile.write(plot.hasSuffix(".svg") ? Array(chart.svg.utf8) : chart.png())
      try plotFile.commit()
    }
  }

  private func replayedText(_ path: String) throws -> String {
    try InputFiles.protect(
      [path], of: "the text", from: self.output.paths + [plot].compactMap(\.self))
    let text = String(decoding: try InputFile.contents(of: path), as: UTF8.self)
    guard !text.allSatisfy(\.isWhitespace) else {
      throw FileError.cannotRead(path: path, reason: "there is no text in it")
    }
    return text
  }

  private func measureScreen(_ output: TextOutput) throws {
    Notice.say("measuring the screen")
    let rows = DrawingBench().run().map {
      [$0.name, Format.duration($0.drawing), $0.encoding.map(Format.duration) ?? "-"]
    }
    try output.write(
      Table(headings: ["120 x 35 unless said", "drawn in", "picture written in"], rows: rows).text)
    try output.finish()
  }

  private var wantedPictureTokens: PictureTokens? {
    get throws { try pictureTokens.map { try PictureTokens(parsing: $0) } }
  }

  /// `--picture` in pixels.
  private var pictureSize: PixelSize? {
    get throws {
      guard let picture else { return nil }
      let sides = picture.split(separator: "x", omittingEmptySubsequences: false).map {
        Int($0) ?? 0
      }
      guard sides.count == 2, sides.allSatisfy((1...10_000).contains) else {
        throw ValidationError(
          "--picture '\(picture)' is no size in pixels. Try 640x480; sides are 1 to 10000.")
      }
      return PixelSize(width: sides[0], height: sides[1])
    }
  }

  /// More positions than any model has; sums with it cannot overflow.
  private static let longest = 1_000_000

  private func numbers(_ list: String, option: String, atLeast least: Int) throws -> [Int] {
    try list.split(separator: ",").map { item in
      guard let number = Int(item.trimmingCharacters(in: .whitespaces)),
        (least...Self.longest).contains(number)
      else {
        throw ValidationError(
          "\(option) '\(list)' is no list of whole numbers from \(least) to \(Self.longest).")
      }
      return number
    }
  }
}
