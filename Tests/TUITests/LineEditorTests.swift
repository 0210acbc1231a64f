import Testing

@testable import TUI

@Suite struct LineEditorTests {
  private func editor(_ text: String, left: Int = 0) -> LineEditor {
    var editor = LineEditor()
    editor.set(text)
    for _ in 0..<left { editor.left() }
    return editor
  }

  @Test func textGoesInAtTheCursor() {
    var editor = editor("hllo", left: 3)
    editor.insert("é")
    #expect(editor.text == "héllo")
    #expect(editor.head == "hé")
  }

  @Test func theCursorMovesByWholeCharacters() {
    var editor = editor("a👩‍👧e\u{301}")
    editor.left()
    #expect(editor.head == "a👩‍👧")
    editor.left()
    #expect(editor.head == "a")
    editor.deleteForward()
    #expect(editor.text == "ae\u{301}")
  }

  @Test func aMarkTypedAfterALetterJoinsIt() {
    var editor = editor("ex", left: 1)
    editor.insert("\u{301}")
    #expect(editor.text == "e\u{301}x")
    #expect(editor.head == "e\u{301}")
    editor.deleteBackward()
    #expect(editor.text == "x")
  }

  @Test func aLetterTypedInFrontOfAMarkTakesIt() {
    var editor = editor("\u{301}x", left: 2)
    editor.insert("e")
    #expect(editor.head == "e\u{301}")
  }

  @Test func wordsAreCutAndPutBack() {
    var editor = editor("one two  three")
    editor.killWordBackward()
    #expect(editor.text == "one two  ")
    editor.killWordBackward()
    #expect(editor.text == "one ")
    editor.yank()
    #expect(editor.text == "one two  ")
    editor.wordLeft()
    #expect(editor.head == "one ")
    editor.wordRight()
    #expect(editor.head == "one two")
  }

  @Test func linesAreCutSeparately() {
    var editor = editor("first\nsecond line", left: 5)
    editor.killToLineEnd()
    #expect(editor.text == "first\nsecond")
    editor.killToLineStart()
    #expect(editor.text == "first\n")
    editor.lineStart()
    editor.left()
    editor.killToLineEnd()
    #expect(editor.text == "first")
  }

  @Test func twoCharactersAreExchanged() {
    var editor = editor("abc", left: 1)
    editor.transpose()
    #expect(editor.text == "acb")
    #expect(editor.head == "acb")
    editor.transpose()
    #expect(editor.text == "abc")
  }

  @Test func upAndDownKeepTheColumn() {
    var editor = editor("hello\nab\nworld", left: 1)
    #expect(editor.moveRow(by: -1, width: 20) == true)
    #expect(editor.head == "hello\nab")
    #expect(editor.moveRow(by: -1, width: 20) == true)
    #expect(editor.head == "he")
    #expect(editor.moveRow(by: -1, width: 20) == false)
  }

  @Test func everyKeyAtTheEdgesIsHarmless() {
    var editor = LineEditor()
    editor.left()
    editor.right()
    editor.deleteBackward()
    editor.deleteForward()
    editor.wordLeft()
    editor.wordRight()
    editor.killToLineEnd()
    editor.killToLineStart()
    editor.killWordBackward()
    editor.killWordForward()
    editor.transpose()
    editor.yank()
    #expect(editor.text == "" && editor.cursor == 0)
  }

  /// Cutting and pasting doubles a text each time.
  @Test func aTextThatGrowsAndGrowsIsStopped() {
    var editor = LineEditor()
    editor.insert("ab")
    for _ in 0..<64 {
      editor.killToLineStart()
      editor.yank()
      editor.yank()
    }
    #expect(editor.text.utf8.count == LineEditor.longest && editor.isOverfull)
    editor.deleteBackward()
    editor.insert("x")
    #expect(editor.text.hasSuffix("abax") && !editor.isOverfull)
  }

  @Test func aMegabyteIsEditedInPlace() {
    var editor = LineEditor()
    editor.insert(String(repeating: "港の夕暮れ é ", count: 55_000))
    editor.insert("x")
    editor.left()
    editor.deleteForward()
    #expect(editor.text.utf8.count == 55_000 * 19)
    #expect(Wrapping.rows(of: editor.text, width: 80).count > 5000)
  }
}
