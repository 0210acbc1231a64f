import Foundation

/// Recall, precision and their harmonic mean, each in [0, 1].
public struct RougeScore: Sendable, Equatable {
  /// Share of the reference that the prediction has.
  public var recall: Double
  /// Share of the prediction that the reference has.
  public var precision: Double
  /// Their harmonic mean.
  public var f: Double

  static let zero = RougeScore(recall: 0, precision: 0, f: 0)
}

/// How an answer compares with a reference text.
public enum Rouge {
  /// ROUGE-L as the Python package `rouge` 1.0.1 computes it, which is not the usual one. The
  /// published tables use it.
  ///
  /// Both texts are cut at full stops. For every pair of sentences the words of one longest common
  /// subsequence go into one set, whose size is divided by the numbers of distinct words. Case and
  /// punctuation count. The result depends on which subsequence is found, so ties are broken as in
  /// the package.
  ///
  /// - Returns: nil where the package raises an error: a text without anything but full stops. Such
  ///   a pair counts as 0.
  public static func packaged(prediction: String, reference: String) -> RougeScore? {
    var vocabulary = WordNumbers()
    let predicted = sentences(prediction).map { vocabulary.numbers(of: $0) }
    let expected = sentences(reference).map { vocabulary.numbers(of: $0) }
    guard !predicted.isEmpty, !expected.isEmpty else { return nil }
    var union: Set<Int> = []
    for sentence in expected {
      for other in predicted { union.formUnion(commonWords(sentence, other)) }
    }
    let recall = Double(union.count) / Double(Set(expected.joined()).count)
    let precision = Double(union.count) / Double(Set(predicted.joined()).count)
    let f = 2 * ((precision * recall) / (precision + recall + 1e-8))
    return RougeScore(recall: recall, precision: precision, f: f)
  }

  /// ROUGE-L over the whole texts: the length of the longest common subsequence of their words,
  /// divided by the numbers of words. Words are runs of letters and digits, in lower case.
  ///
  /// Source: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004, section 3, with
  /// the harmonic mean (beta = 1).
  public static func longestCommonSubsequence(
    prediction: String, reference: String
  ) -> RougeScore {
    var vocabulary = WordNumbers()
    let predicted = vocabulary.numbers(of: words(prediction))
    let expected = vocabulary.numbers(of: words(reference))
    guard !predicted.isEmpty, !expected.isEmpty else { return .zero }
    // Lengths for all prefixes of `expected` against the part of `predicted` seen so far.
    var lengths = [Int](repeating: 0, count: expected.count + 1)
    for word in predicted {
      var diagonal = 0
      for (index, other) in expected.enumerated() {
        let above = lengths[index + 1]
        lengths[index + 1] = word == other ? diagonal + 1 : max(above, lengths[index])
        diagonal = above
      }
    }
    let common = Double(lengths[expected.count])
    guard common > 0 else { return .zero }
    let recall = common / Double(expected.count)
    let precision = common / Double(predicted.count)
    return RougeScore(
      recall: recall, precision: precision, f: 2 * precision * recall / (precision + recall))
  }

  /// Whether both texts are equal when case, punctuation, articles and white space are ignored.
  ///
  /// Source: the SQuAD evaluation's `normalize_answer`.
  public static func isExactMatch(prediction: String, reference: String) -> Bool {
    func normalised(_ text: String) -> [[UInt8]] {
      let articles: Set<[UInt8]> = Set(["a", "an", "the"].map { Array($0.utf8) })
      return words(text).filter { !articles.contains($0) }
    }
    return normalised(prediction) == normalised(reference)
  }

  // MARK: - Words

  /// Words as numbers. They are compared by bytes: Swift's `String` takes a composed and a
  /// decomposed "é" for equal, Python does not.
  private struct WordNumbers {
    private var known: [[UInt8]: Int] = [:]

    mutating func numbers(of words: [[UInt8]]) -> [Int] {
      words.map { word in
        if let number = known[word] { return number }
        known[word] = known.count
        return known.count - 1
      }
    }
  }

  /// Sentences of words, as `" ".join(part.split())` and a split at single spaces yield them: a part
  /// of white space alone is the one word "".
  private static func sentences(_ text: String) -> [[[UInt8]]] {
    text.unicodeScalars.split(separator: ".", omittingEmptySubsequences: true).map { part in
      let words = part.split(whereSeparator: isPythonSpace).map { utf8($0) }
      return words.isEmpty ? [[]] : words
    }
  }

  /// Runs of letters and digits, in lower case, without the end mark.
  static func words(_ text: String) -> [[UInt8]] {
    let plain = text.replacingOccurrences(of: "</s>", with: " ").lowercased()
    return plain.precomposedStringWithCanonicalMapping.unicodeScalars
      .split { !($0.properties.isAlphabetic || $0.properties.numericType != nil) }
      .map { utf8($0) }
  }

  private static func utf8(_ scalars: Substring.UnicodeScalarView) -> [UInt8] {
    Array(String(scalars).utf8)
  }

  /// Whether Python's `str.split` takes a character for white space: Unicode's, and four
  /// separators.
  private static func isPythonSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// The words of one longest common subsequence, found by walking back from both ends: a shared
  /// word is taken; otherwise the reference gets shorter if that loses less, else the prediction.
  private static func commonWords(_ reference: [Int], _ prediction: [Int]) -> [Int] {
    let (rows, columns) = (reference.count + 1, prediction.count + 1)
    // [rows, columns]: length of the longest common subsequence of the two prefixes.
    var table = [Int32](repeating: 0, count: rows * columns)
    for i in 1..<rows {
      for j in 1..<columns {
        table[i * columns + j] =
          reference[i - 1] == prediction[j - 1]
          ? table[(i - 1) * columns + j - 1] + 1
          : max(table[(i - 1) * columns + j], table[i * columns + j - 1])
      }
    }
    var found: [Int] = []
    var (i, j) = (reference.count, prediction.count)
    while i > 0 && j > 0 {
      if reference[i - 1] == prediction[j - 1] {
        found.append(reference[i - 1])
        i -= 1
        j -= 1
      } else if table[(i - 1) * columns + j] > table[i * columns + j - 1] {
        i -= 1
      } else {
        j -= 1
      }
    }
    return found
  }
}
