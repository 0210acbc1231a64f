import ArgumentParser
import Inference

/// How a picture is brought to the vision tower.
struct SightOptions: ParsableArguments {
  @Option(
    name: .long,
    help: """
      pad makes the picture square first, crop cuts the middle out, squash ignores its shape, anyres \
      adds tiles. Default: the model's own way.
      """)
  var imageRoute: ImageRoute?

  @OptionGroup var detail: TileOptions
}
