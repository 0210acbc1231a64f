/// How byte-level tokenizers cut text into words before they merge within each word. Published
/// files give a regular expression. Here each known expression is a case, and its alternatives are
/// written out as code, which takes time in proportion to the text.
///
/// Every byte belongs to one word, and words do not overlap. Adding an expression takes a case, its
/// names below and its alternatives in `WordScanner`.
enum WordSplitting: String, Sendable, CaseIterable {
  /// Llama-3: contractions, letters with one character before them, up to three digits, symbols,
  /// line breaks, white space.
  case llama3 = "llama-3"
  /// Qwen2: the same with one digit.
  case qwen2
  /// GPT-2: contractions, then letters, digits or symbols, each with a space before them.
  case gpt2 = "gpt-2"
  /// SmolLM and StarCoder: every digit alone, then as GPT-2.
  case smollm

  /// What GGUF calls it in `tokenizer.ggml.pre`.
  var ggufNames: [String] {
    switch self {
    case .llama3: ["llama-bpe", "llama3", "llama-v3"]
    case .qwen2: ["qwen2"]
    case .gpt2: ["gpt-2"]
    case .smollm: ["smollm", "starcoder"]
    }
  }

  /// The regular expression of tokenizer.json's pre-tokenizer "Split"; nil for those that are
  /// written with the pre-tokenizers "Digits" and "ByteLevel".
  var expression: String? {
    switch self {
    case .llama3: Self.expression(digits: #"\p{N}{1,3}"#)
    case .qwen2: Self.expression(digits: #"\p{N}"#)
    case .gpt2, .smollm: nil
    }
  }

  private static func expression(digits: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// Calls `body` with the byte range of each word, in order.
  ///
  /// - Parameter bytes: valid UTF-8.
  func words(of bytes: UnsafeRawBufferPointer, _ body: (Range<Int>) -> Void) {
    let scanner = WordScanner(bytes)
    var start = 0
    // What SmolLM's expression sees ends before the next digit.
    var limit = 0
    while start < scanner.count {
      if start >= limit { limit = self == .smollm ? scanner.number(from: start) : scanner.count }
      let end = end(ofWordAt: start, scanner, limit: limit)
      body(scanner.offsets[start]..<scanner.offsets[end])
      start = end
    }
  }

  private func end(ofWordAt start: Int, _ scanner: WordScanner, limit: Int) -> Int {
    switch self {
    case .llama3: scanner.modernWord(at: start, digits: 3)
    case .qwen2: scanner.modernWord(at: start, digits: 1)
    case .gpt2: scanner.classicWord(at: start, limit: limit)
    case .smollm: start == limit ? start + 1 : scanner.classicWord(at: start, limit: limit)
    }
  }
}
