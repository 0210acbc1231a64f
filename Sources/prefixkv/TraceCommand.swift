import ArgumentParser
import Basics
import Inference
import KVCache

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Write every intermediate value of one prompt to a safetensors file.",
    discussion: """
      Names in the file: pixel_values [3, S, S] and features [patches, width], in models with tiles \
      with a dimension for them in front; projected [image rows, width], newlines among them; tiles, \
      image_tokens, ids (-200 stands for the picture), scores [layers, L], logits [vocabulary] of the last prompt \
      position, kept_len [layers], kept.<layer>, threshold, nll (one for each answer token), \
      greedy, final_len [layers]. The picture is read as the reference does: EXIF is ignored.
      """)

  @Argument(help: "The question.")
  var question: String

  @Option(
    name: .long,
    help: """
      A \(ImageFile.formats) file, read as the reference reads it: transparency is dropped, the \
      EXIF orientation ignored, every pixel decoded. Without one, the question is asked alone.
      """, completion: .file())
  var image: String?

  @OptionGroup var model: ModelOptions
  @OptionGroup var cache: CacheArguments

  @Option(
    name: .long, help: RetentionArguments.policyHelp, completion: RetentionArguments.policyNames)
  var policy: String = RetentionPolicies.prefixKV.name

  @Option(name: .long, help: "Position of a decoded token: true, or the reference's rule.")
  var positions: PositionRule = .true

  @Option(
    name: .long, help: "\(Templates.all.map(\.name).joined(separator: ", ")).",
    completion: .list(Templates.all.map(\.name)))
  var template: String = "llava_v1"

  @OptionGroup var sight: SightOptions

  @Flag(name: .long, help: "Put the picture behind the question.")
  var imageLast = false

  @Option(name: .long, help: "Score this answer token by token.")
  var answer: String?

  @Option(name: .long, help: "Continue greedily for this many tokens.")
  var steps: Int?

  @Option(name: .long, help: "stored keeps the file's weight types; f32 computes exactly.")
  var precision: TracePrecision = .f32

  @Option(name: .shortAndLong, help: "The safetensors file to write.", completion: .file())
  var output: String

  enum TracePrecision: String, ExpressibleByArgument, CaseIterable { case f32, stored }

  func validate() throws {
    guard !question.allSatisfy(\.isWhitespace) else {
      throw ValidationError("The question is empty. Write one.")
    }
    try RetentionPolicies.requireName(policy)
    guard answer == nil || steps == nil else {
      throw ValidationError("--answer and --steps exclude each other.")
    }
    if precision == .f32, model.quantize != nil || model.quantizeVision != nil {
      throw ValidationError("--precision f32 quantises nothing. Add --precision stored.")
    }
    if let steps, steps < 1 { throw ValidationError("--steps \(steps) is not above 0.") }
  }

  func run() throws {
    // The output comes first: a wrong path should not cost the computation.
    let file = try OutputFile(path: output)
    try InputFiles.protect(
      RetentionPolicies.files(of: policy), of: "the configuration", from: [output])
    let pixels = try image.map { path in
      let pixels = try ImageFile.load(path: path, reading: .asReference())
      try InputFiles.protect([ImagePath.resolve(path)], of: "the picture", from: [output])
      return pixels
    }
    let policy = try RetentionPolicies.named(policy)
    let llava = try model.load(
      precision == .f32 ? LoadOptions(matrixType: .f32, threads: model.threads) : nil,
      writing: [output])
    var options = PromptTrace.Options(
      template: try Templates.named(template), route: sight.imageRoute, tiles: sight.detail.tiles,
      placement: imageLast ? .last : .first, policy: policy,
      budget: try BudgetRequest(parsing: cache.budget), positionRule: positions,
      cachePrecision: precision == .f32 ? .f32 : cache.kvType,
      continuation: answer.map { .answer($0) } ?? .greedy(steps ?? 32))
    options.pictureTokens = try sight.detail.pictureTokens(for: llava)
    let trace = try PromptTrace(
      model: llava, pixels: pixels, question: question, options: options)
    trace.note.map(Notice.say)
    try trace.file().write(to: file)
    try file.commit()
  }
}

extension PositionRule: ExpressibleByArgument {}
extension ImageRoute: ExpressibleByArgument {}
