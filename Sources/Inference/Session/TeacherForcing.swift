import Foundation

extension InferenceSession {
  /// Negative log-likelihood of each token of a given answer.
  ///
  /// Token 0 is scored with the prompt's logits. Then token t - 1 is decoded and token t is scored,
  /// and entries are evicted after every step, as in the reference's perplexity script. The last
  /// token is scored and not decoded.
  ///
  /// - Parameters:
  ///   - answer: token ids without begin and end of sequence.
  ///   - promptLogits: `[vocabulary]` of the last prompt position.
  ///   - step: called after each token is scored; throw from it to stop.
  /// - Returns: negative log-likelihoods in nats, one for each answer token.
  /// - Throws: what `decode` and `step` throw.
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

  /// Greedy continuation of the prompt, up to and with the token that ends it.
  ///
  /// - Returns: at most `steps` token ids.
  /// - Throws: what `decode` throws.
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
