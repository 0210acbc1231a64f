import Foundation

/// How many things an answer names, and how many of them its picture does not show.
public struct ObjectCount: Sendable, Hashable, Codable {
  /// Different things that the answer names.
  public var named: Int
  /// Those of them that are not in the picture.
  public var absent: Int
  /// Different things in the picture.
  public var pictured: Int

  /// Counts of one answer.
  public init(named: Int, absent: Int, pictured: Int) {
    self.named = named
    self.absent = absent
    self.pictured = pictured
  }

  /// The share of the named things that are not in their pictures, over all answers; nil where nothing
  /// is named.
  static func hallucinated(_ counts: [ObjectCount]) -> Double? {
    share(counts.reduce(0) { $0 + $1.absent }, of: counts.reduce(0) { $0 + $1.named })
  }

  /// The share of the things in the pictures that the answers name; nil where there are none.
  static func covered(_ counts: [ObjectCount]) -> Double? {
    share(
      counts.reduce(0) { $0 + $1.named - $1.absent }, of: counts.reduce(0) { $0 + $1.pictured })
  }

  private static func share(_ part: Int, of whole: Int) -> Double? {
    whole > 0 ? Double(part) / Double(whole) : nil
  }
}

/// The names of everything that the pictures of a data set show, and which of them a text names.
///
/// Which things are in a picture is known from the data (`objects` of an item). A thing that some other
/// picture of the set shows, and this one does not, is hallucinated where the answer names it. Names
/// are compared word by word without case, in the singular or the plural of their last word; of two
/// names that begin at one word the longer counts. A thing counts once in an answer, so that an answer that
/// repeats itself is not punished for that.
///
/// Source: Rohrbach et al., "Object Hallucination in Image Captioning",
/// https://arxiv.org/abs/1809.02156 (CHAIR; it counts every mention).
public struct ObjectNames: Sendable, Equatable {
  /// By first word, the words of all names that begin with it, longest first.
  private let names: [[UInt8]: [[[UInt8]]]]

  /// - Parameter objects: of all items; names may repeat.
  public init(_ objects: some Sequence<String>) {
    let words = Set(objects.map(Rouge.words)).filter { !$0.isEmpty }
    // A name of one word begins with its last word, which may be in the plural.
    let firstForms = words.flatMap { name in
      (name.count == 1 ? Self.forms(of: name[0]) : [name[0]]).map { ($0, name) }
    }
    names = Dictionary(grouping: firstForms, by: \.0)
      .mapValues { $0.map(\.1).sorted { $0.count > $1.count } }
  }

  /// What a text names.
  ///
  /// - Parameter objects: what its picture shows.
  public func count(in text: String, showing objects: [String]) -> ObjectCount {
    let shown = Set(objects.map(Rouge.words)).filter { !$0.isEmpty }
    let named = named(in: Rouge.words(text))
    return ObjectCount(
      named: named.count, absent: named.subtracting(shown).count, pictured: shown.count)
  }

  private func named(in words: [[UInt8]]) -> Set<[[UInt8]]> {
    var found: Set<[[UInt8]]> = []
    var start = 0
    while start < words.count {
      let name = names[words[start]]?.first { Self.begins(words[start...], with: $0) }
      if let name { found.insert(name) }
      start += name?.count ?? 1
    }
    return found
  }

  /// Whether a text begins with a name, or with its plural.
  private static func begins(_ words: ArraySlice<[UInt8]>, with name: [[UInt8]]) -> Bool {
    guard words.count >= name.count, words.starts(with: name.dropLast()) else { return false }
    return forms(of: name[name.count - 1]).contains(words[words.startIndex + name.count - 1])
  }

  /// A word and its regular plurals.
  private static func forms(of word: [UInt8]) -> [[UInt8]] {
    [word, word + Array("s".utf8), word + Array("es".utf8)]
  }
}
