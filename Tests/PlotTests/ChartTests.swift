import Testing

@testable import Plot

@Suite struct ChartTests {
  private let chart = Chart(
    title: "Perplexity <tiny>", xLabel: "budget", yLabel: "perplexity",
    series: [
      Chart.Series(
        name: "prefixkv & more",
        points: [
          Chart.Point(x: 0.1, y: 12, interval: 10...14),
          Chart.Point(x: 0.5, y: 9, interval: 8...10),
          Chart.Point(x: 0.9, y: 8),
        ]),
      Chart.Series(
        name: "local", points: [Chart.Point(x: 0.1, y: 20), Chart.Point(x: 0.9, y: .nan)]),
    ])

  @Test func marksAreRoundAndCoverTheValues() {
    let axis = Chart.Axis(covering: [0.1, 0.9])
    #expect(axis.marks.map { axis.label($0) } == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Chart.Axis(covering: [5, 5]).marks.count > 1)
    #expect(
      Chart.Axis(covering: [100, 100]).marks.last == 100, "there is no more than 100 percent")
    #expect(Chart.Axis(covering: [.nan, .infinity]).marks.count > 1)
    for high in [1e-6, 0.3, 7, 999, 2547.6, 1e9] {
      let axis = Chart.Axis(covering: [0, high])
      #expect((3...12).contains(axis.marks.count), "\(high)")
      #expect(axis.marks[0] <= 0 && axis.marks.last! >= high * 0.999999, "\(high)")
      #expect(Set(axis.marks.map { axis.label($0) }).count == axis.marks.count, "\(high)")
    }
  }

  @Test func anAxisOfRatiosHasMarksAtEqualOnes() {
    let axis = Chart.Axis(coveringRatios: [30, 1900])
    #expect(
      axis.marks.map { axis.label($0) } == ["20", "50", "100", "200", "500", "1000", "2000"])
    #expect(axis.place(20) == 0 && axis.place(2000) == 1)
    #expect(abs(axis.place(200) - 0.5) < 1e-12)
    for value in [7.0, 1e-3, 1e99] {
      let axis = Chart.Axis(coveringRatios: [value])
      #expect(axis.marks.count > 1, "\(value)")
      #expect((0...1).contains(axis.place(value)), "\(value)")
    }
    let chart = Chart(
      title: "", xLabel: "", yLabel: "", comparesRatios: true,
      series: [
        .init(name: "a", points: [.init(x: 0, y: 1), .init(x: -1, y: 1), .init(x: 8, y: 1)])
      ])
    #expect(chart.series[0].points.map(\.x) == [8])
    #expect(XMLChecker(chart.svg).isWellFormed)
  }

  @Test func textChartIsThePictureInTheTest() {
    let line = Chart(
      title: "Share", xLabel: "layer", yLabel: "kept",
      series: [
        Chart.Series(name: "up", points: [Chart.Point(x: 0, y: 0), Chart.Point(x: 4, y: 4)]),
        Chart.Series(name: "down", points: [Chart.Point(x: 0, y: 4), Chart.Point(x: 4, y: 0)]),
      ])
    #expect(
      line.text(columns: 40, rows: 5) == """
        Share

        kept
        4 +bbbbb                           aaaaa
        3 +     bbbbbbbbb         aaaaaaaaa
        2 +              *********
        1 +     aaaaaaaaa         bbbbbbbbb
        0 +aaaaa                           bbbbb
           +--------+--------+--------+--------+
           0        1        2        3        4
                           layer

        a  up
        b  down

        """)
  }

  @Test func svgIsWellFormedAndNamesEverything() throws {
    let svg = chart.svg
    let parser = XMLChecker(svg)
    #expect(parser.isWellFormed)
    #expect(parser.texts.contains("Perplexity <tiny>"))
    #expect(parser.texts.contains("prefixkv & more"))
    #expect(parser.texts.contains("budget") && parser.texts.contains("perplexity"))
    #expect(!svg.contains("\"nan") && !svg.contains(",nan"))
    var hostile = chart
    hostile.title = "\u{1B}]0;x\u{07}<script>"
    #expect(XMLChecker(hostile.svg).isWellFormed)
  }

  @Test func drawnChartHasEveryColour() {
    let pixels = chart.bitmap
    #expect(pixels.width == 840 && pixels.height == 520)
    for colour in ChartLayout.colours.prefix(2) + [ChartLayout.ink] {
      let wanted = [UInt8(colour >> 16), UInt8(colour >> 8 & 255), UInt8(colour & 255)]
      let isThere = stride(from: 0, to: pixels.rgb.count, by: 3).contains {
        Array(pixels.rgb[$0..<($0 + 3)]) == wanted
      }
      #expect(isThere, "\(colour)")
    }
  }

  @Test func aLegendOfManyOrLongNamesStaysInThePicture() {
    func chart(_ names: [String]) -> Chart {
      Chart(
        title: "", xLabel: "", yLabel: "",
        series: names.map { Chart.Series(name: $0, points: [Chart.Point(x: 0, y: 0)]) })
    }
    let long = "prefixkv:" + String(repeating: "a-long-name-", count: 9)
    for names in [["a"], [long, long + "b"], (0..<40).map { "layer \($0)" }] {
      let layout = ChartLayout(chart(names))
      let legend = layout.labels.suffix(names.count)
      #expect(Set(legend.map(\.text)).count == names.count)
      for label in legend {
        #expect(label.x + Double(label.text.count) * 7.5 <= Double(layout.width))
        #expect((0...Double(layout.height)).contains(label.y + 9))
      }
      #expect(Set(legend.map { "\($0.x) \($0.y)" }).count == names.count)
    }
    #expect(ChartLayout(chart(["a"])).width == 840)
  }

  @Test func emptyChartsAndSinglePointsAreDrawn() {
    let empty = Chart(title: "", xLabel: "", yLabel: "", series: [])
    #expect(empty.isEmpty && XMLChecker(empty.svg).isWellFormed)
    #expect(!empty.text().isEmpty && empty.bitmap.width > 0)
    let single = Chart(
      title: "", xLabel: "", yLabel: "",
      series: [Chart.Series(name: "a", points: [Chart.Point(x: 1, y: 1)])])
    #expect(single.text().contains("a") && single.bitmap.width > 0)
  }

  @Test func everyLetterOfTheFontDiffers() {
    let glyphs = (33...126).map { BitmapFont.columns(of: String(UnicodeScalar(UInt8($0)))) }
    #expect(Set(glyphs).count == glyphs.count)
    #expect(glyphs.allSatisfy { $0.count == 6 && $0.contains { $0 != 0 } })
  }
}

/// Checks that tags are balanced and no bare `&` or `<` is left, and collects the texts.
private struct XMLChecker {
  private(set) var isWellFormed = true
  private(set) var texts: [String] = []

  init(_ document: String) {
    var open: [Substring] = []
    for part in document.split(separator: "<").dropFirst(0) {
      let pieces = part.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
      guard pieces.count == 2 else {
        isWellFormed = false
        return
      }
      let tag = pieces[0]
      if tag.hasPrefix("/") {
        isWellFormed = isWellFormed && open.popLast() == tag.dropFirst()
      } else if !tag.hasSuffix("/") {
        open.append(tag.prefix { $0 != " " })
      }
      let text = pieces[1].replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      let rest = pieces[1].replacing("&lt;", with: "").replacing("&gt;", with: "")
      isWellFormed = isWellFormed && !rest.replacing("&amp;", with: "").contains("&")
      texts.append(String(text.replacing("&amp;", with: "&")))
    }
    let isClean = document.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" }
    isWellFormed = isWellFormed && open.isEmpty && isClean
  }
}
