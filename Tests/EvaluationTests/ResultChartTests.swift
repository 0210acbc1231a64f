import Plot
import Testing

@testable import Evaluation
@testable import Inference

@Suite struct ResultChartTests {
  @Test func policiesOfConfigurationFilesAreNamedWithoutTheirFolder() {
    #expect(Chart.shortName("prefixkv:a/b/llava") == "prefixkv:llava")
    #expect(Chart.shortName("prefixkv") == "prefixkv")
  }

  @Test func aDrawnChartBecomesAPNG() throws {
    let bitmap = Chart(
      title: "Share", xLabel: "layer", yLabel: "kept",
      series: [Chart.Series(name: "a", points: [Chart.Point(x: 0, y: 0), Chart.Point(x: 4, y: 4)])]
    ).bitmap
    let picture = Pixels(width: bitmap.width, height: bitmap.height, rgb: bitmap.rgb)
    #expect(try ImageFile.decode(picture.png(), path: "a", reading: .asReference()) == picture)
  }
}
