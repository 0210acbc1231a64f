import Foundation
import Inference
import KVCache

/// How a sample's prompt is read: the picture, the text, and the cache that all cells go on from.
extension EvaluationRunner {
  /// A running text's tokens, read and scored.
  func passage(of sample: EvaluationSample) throws -> (prompt: [Int], scored: [Int]) {
    let ids = model.tokenizer.encode(sample.question)
    guard let cut = plan.passage.cut(ids) else {
      throw DataError.shortText(
        tokens: ids.count, needed: plan.passage.prompt + plan.passage.scored)
    }
    let begin = model.tokenizer.specials.begin.map { [$0] } ?? []
    return (begin + cut.prompt, cut.scored)
  }

  private func prefillText(
    _ sample: EvaluationSample, in precision: CachePrecision
  ) throws -> Prefilled {
    let (prompt, scored) = try passage(of: sample)
    try model.requireContext(for: prompt.count + scored.count)
    return try read(
      Prompt(text: prompt), image: nil, in: precision, reach: prompt.count + scored.count)
  }

  /// Reads a prompt for all cells.
  ///
  /// - Parameter reach: positions that the longest of them may come to have; nil for all of the context.
  func read(
    _ prompt: Prompt, image: ImageEmbedding?, in precision: CachePrecision, reach: Int?
  ) throws -> Prefilled {
    var options = SessionOptions(
      policy: try RetentionPolicies.named(EvaluationPlan.full),
      cachePrecision: precision, positionRule: plan.positionRule, recording: recording,
      spills: plan.asking.hasLaterPrompts, reach: reach)
    options.recalls = plan.recalls
    let session = try model.session(options)
    let logits = try session.prefill(prompt, image: image).logits
    // Without its second pass a policy decides blindly, and its figures would be wrong.
    try session.requireSecondPass()
    return (session, logits)
  }

  func prefill(
    _ sample: EvaluationSample, in precision: CachePrecision
  ) throws -> Prefilled {
    guard let path = sample.image else { return try prefillText(sample, in: precision) }
    let prompt = Conversation(template: plan.template, turns: [Turn(marked: sample.question)])
      .prompt(model.tokenizer)
    let image = try embedding(of: path, for: sample.bareQuestion) { rows in
      // Checked before the picture is encoded, which takes long.
      try model.requireContext(for: prompt.rows(imageRows: rows))
    }
    let answer = max(plan.maximumTokens, model.tokenizer.encode(sample.answer).count)
    return try read(
      prompt, image: image, in: precision,
      reach: model.reach(prompt: prompt.rows(imageRows: image.count), answer: answer))
  }

  /// The needs of all cells together, and importance, which the profile reads, too.
  private var recording: Set<RetentionNeed> {
    plan.cells.reduce(into: [.importance]) { $0.formUnion($1.policy.needs) }
  }

  /// The rows of a picture that enter the language model.
  ///
  /// - Parameters:
  ///   - question: that the picture is read for; nil where it is read before the question.
  ///   - check: throws when so many rows have no room.
  func embedding(
    of image: String, for question: String?, checking check: (_ rows: Int) throws -> Void
  ) throws -> ImageEmbedding {
    let whole = try wholeEmbedding(of: image) { rows in
      try check(plan.pictureTokens.most(of: rows))
    }
    return try model.reduced(whole, to: plan.pictureTokens, for: question)
  }

  private func wholeEmbedding(
    of image: String, checking check: (_ rows: Int) throws -> Void
  ) throws -> ImageEmbedding {
    let path = EvaluationSample.path(ofPicture: image, in: plan.imageRoot)
    if let picture, picture.path == path { return picture.image }
    // A path in a data set is no shell word: backslashes and quotes belong to the name. So when the
    // file does not exist, it must not be searched under the unquoted name.
    guard access(path, F_OK) == 0 || image.contains("://") else {
      throw ImageError.notFound(path: path)
    }
    let pixels = try ImageFile.load(
      path: path, reading: .asReference(appliesOrientation: plan.appliesOrientation))
    try check(model.imageRows(of: pixels, route: plan.imageRoute, tiles: plan.tiles))
    let image = try model.embed(pixels, route: plan.imageRoute, tiles: plan.tiles)
    picture = (path, image)
    return image
  }
}
