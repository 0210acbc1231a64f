import Foundation

extension InferenceSession {
  /// How surprised the model is by a given answer, term by term.
  ///
  /// Term 0 comes from the prompt's logits; then token t - 1 is fed and token t is scored, and the
  /// cache is compressed after every step, as the reference's perplexity script does. The last
  /// token is scored and not fed.
  ///
  /// - Parameters:
  ///   - answer: token ids without begin and end of sequence.
  ///   - promptLogits: `[vocabulary]` of the last prompt position.
  /// - Returns: negative log-likelihoods in nats, one for each answer token.
  public func negativeLogLikelihoods(
    of answer: [Int], after promptLogits: [Float], step: () throws -> Void = {}
  ) throws -> [Double] {
    var logits = promptLogits
    var terms: [Double] = []
    for (index, token) in answer.enumerated() {
      terms.append(Self.negativeLogLikelihood(of: token, logits: logits))
      try step()
      if index + 1 < answer.count { logits = try decode(token) }
    }
    return terms
  }

  /// Greedy continuation of the prompt, the end of sequence included where it comes.
  ///
  /// - Returns: at most `steps` token ids.
  public func greedy(steps: Int, after promptLogits: [Float]) throws -> [Int] {
    var logits = promptLogits
    var tokens: [Int] = []
    while tokens.count < steps {
      let token = Sampler.argmax(logits)
      tokens.append(token)
      if model.tokenizer.specials.ends.contains(token) || tokens.count == steps { break }
      logits = try decode(token)
    }
    return tokens
  }

  /// `log sum exp(logits) - logits[token]`, in double precision.
  package static func negativeLogLikelihood(of token: Int, logits: [Float]) -> Double {
    let peak = Double(logits.max() ?? 0)
    let sum = logits.reduce(0.0) { $0 + exp(Double($1) - peak) }
    return peak + log(sum) - Double(logits[token])
  }
}
