import Foundation
import Inference
import KVCache

/// Made-up facts about tokens.
enum ScriptedTokens {
  static func choice(of text: String, at position: Int) -> TokenChoice {
    let probability = 0.55 + 0.45 * sin(Double(position))
    let others = ["house", "on", "boat", "ladder", "blue"].enumerated().map { index, word in
      TokenChoice.Alternative(
        text: " " + word, probability: (1 - probability) / Double(2 << index))
    }
    return TokenChoice(position: position, text: text, probability: probability, others: others)
  }

  /// A third of the picture's patches, the beginning, and the tokens just before.
  static func attention(of position: Int, seen: Int) -> TokenAttention {
    var entries = [TokenAttention.Entry(position: 0, segment: .system, share: 0.2)]
    entries += (0..<90).map { index in
      TokenAttention.Entry(
        position: 20 + (position &* 31 + index &* 7) % 576, segment: .image,
        share: 0.05 / Double(index + 1))
    }
    entries += (1...5).map { back in
      TokenAttention.Entry(
        position: position - back, segment: .assistant, share: 0.1 / Double(back))
    }
    return TokenAttention(
      position: position, entries: entries.sorted { $0.share > $1.share },
      shares: [0.25, 0.35, 0.15, 0.25], isExact: true)
  }

  static func standing(of position: Int, seen: Int, layers: Int) -> EntryStanding {
    EntryStanding(
      position: position, segment: .assistant, positions: seen,
      layers: (0..<layers).map { layer in
        EntryStanding.Layer(
          isKept: layer % 3 != 1, importance: 4 / Float(layer + 1), rank: 1 + layer * 17 % 400,
          protection: position == 0 ? .first : nil)
      }, isRankedByImportance: true)
  }
}
