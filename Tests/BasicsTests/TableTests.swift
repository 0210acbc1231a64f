import Basics
import Testing

@Suite struct TableTests {
  private let table = Table(
    headings: ["kind", "n"], rows: [["a\u{1B}[31m\nb", "1"], ["日本", "22"], ["x|y", ""]])

  @Test func controlCharactersAreShownAndWideOnesTakeTwoColumns() {
    #expect(
      table.text == """
        kind       n
        a␛[31m␊b   1
        日本      22
        x|y

        """)
    #expect(
      table.markdown == """
        | kind | n |
        | --- | ---: |
        | a␛[31m␊b | 1 |
        | 日本 | 22 |
        | x\\|y |  |

        """)
  }

  @Test func otherProgramsGetOneLineARowWithoutControlCharacters() {
    #expect(table.csv == "kind,n\na␛[31m␊b,1\n日本,22\nx|y,\n")
  }
}
