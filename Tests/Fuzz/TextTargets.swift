import Basics
import Foundation
import KVCache

@testable import Inference
@testable import TUI

/// Text from people, models and files.
let textTargets: [String: FuzzTarget] = [
  "display-text": { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    for shown in [DisplayText.visible(text), DisplayText.oneLine(text)] {
      for scalar in shown.unicodeScalars where scalar != "\n" && scalar != "\t" {
        let category = scalar.properties.generalCategory
        precondition(category != .control, "no control character is shown")
      }
    }
    precondition(!DisplayText.oneLine(text).contains("\n"), "one line is one line")
    for width in [0, 1, 7, 80] {
      let clipped = DisplayText.clipped(DisplayText.oneLine(text), to: width)
      precondition(DisplayText.width(clipped) <= width, "clipped text fits")
    }
  },
  "wrapping": { bytes in
    let text = DisplayText.visible(String(decoding: bytes.dropFirst(), as: UTF8.self))
    let width = 1 + Int(bytes.first ?? 0) % 100
    var end = 0
    for row in Wrapping.rows(of: text, width: width) {
      precondition(row.lowerBound >= end && row.upperBound <= text.utf8.count, "rows ascend")
      end = row.upperBound
    }
  },
  "line-editor": { bytes in
    var operations = Operations(bytes)
    var editor = LineEditor()
    while let operation = operations.next() {
      switch operation % 18 {
      case 0...2: editor.insert(operations.text())
      case 3: editor.left()
      case 4: editor.right()
      case 5: editor.wordLeft()
      case 6: editor.wordRight()
      case 7: editor.lineStart()
      case 8: editor.lineEnd()
      case 9: _ = editor.moveRow(by: -1, width: 1 + (operations.next() ?? 0) % 40)
      case 10: _ = editor.moveRow(by: 1, width: 1 + (operations.next() ?? 0) % 40)
      case 11: editor.deleteBackward()
      case 12: editor.deleteForward()
      case 13: editor.killToLineEnd()
      case 14: editor.killToLineStart()
      case 15: editor.killWordBackward()
      case 16: editor.killWordForward()
      default: operation < 128 ? editor.yank() : editor.transpose()
      }
      precondition((0...editor.text.utf8.count).contains(editor.cursor), "the cursor is inside")
      precondition(editor.head.utf8.count == editor.cursor, "the cursor is on a character")
    }
  },
  "budget": { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let request = try BudgetRequest(parsing: text)
    let again = try BudgetRequest(parsing: request.text)
    precondition(again == request, "a budget reads its own text")
    let budget = try request.resolved(seen: 600, bytesPerEntry: 1024, layers: 10)
    precondition(budget.share > 0 && budget.share <= 1, "a share of the cache")
  },
  "picture-path": { bytes in
    _ = try ImagePath.resolve(String(decoding: bytes, as: UTF8.self))
  },
]
