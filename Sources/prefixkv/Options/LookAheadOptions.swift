import ArgumentParser
import Inference

/// Whether answers look ahead.
struct LookAheadOptions: ParsableArguments {
  @Option(
    name: .long,
    help: """
      Whether several tokens are computed in a pass where the text suggests how it goes on: auto or \
      off. Answers are the same, and sooner. Only where tokens are not drawn (temperature 0).
      """)
  var lookAhead: LookAheadSetting = .auto
}

extension LookAheadSetting: ExpressibleByArgument {}
