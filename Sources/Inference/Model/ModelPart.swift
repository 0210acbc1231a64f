/// A weight of the model, independent of its name in files. Matrices are `[outputs, inputs]`.
public enum ModelPart: Hashable, Sendable {
  /// `[vision width]`
  case visionClassEmbedding
  /// `[vision width, 3, patch, patch]`
  case visionPatchEmbedding
  /// `[vision width]`
  case visionPatchBias
  /// `[positions, vision width]`: row 0 belongs to the class embedding, where there is one, the others
  /// to the patches.
  case visionPositionEmbedding
  case visionPreNormWeight, visionPreNormBias
  case visionBlock(Int, VisionBlockPart)
  /// `[feature width]`: in front of the projector's first layer.
  case projectorNormWeight, projectorNormBias
  /// `[text width, feature width]`
  case projector1Weight
  case projector1Bias
  /// `[text width, text width]`
  case projector2Weight
  case projector2Bias
  /// `[text width]`: the row that ends each row of the map of tiles.
  case imageNewline
  /// `[vocabulary, text width]`
  case tokenEmbedding
  case textBlock(Int, TextBlockPart)
  case finalNorm
  /// `[vocabulary, text width]`
  case outputHead
}

/// A weight of one block of the vision tower: matrices `[outputs, inputs]`, norms and biases
/// `[outputs]`, in the order of the forward pass.
public enum VisionBlockPart: String, CaseIterable, Sendable {
  case norm1Weight, norm1Bias
  case qWeight, qBias, kWeight, kBias, vWeight, vBias, oWeight, oBias
  case norm2Weight, norm2Bias
  case fc1Weight, fc1Bias, fc2Weight, fc2Bias
}

/// A weight of one block of the decoder: matrices `[outputs, inputs]`, norms and biases `[outputs]`, in
/// the order of the forward pass. Biases exist only where the architecture lists them.
public enum TextBlockPart: String, CaseIterable, Sendable {
  case inputNorm, q, qBias, k, kBias, v, vBias, o, postNorm, gate, up, down
}

extension ModelPart {
  /// Every part that a forward pass uses, in its order, as the records of tower and decoder list
  /// them.
  public static func all(in configuration: ModelConfiguration) -> [ModelPart] {
    (configuration.sight == nil ? [] : vision(in: configuration)) + text(in: configuration)
  }

  /// The parts of tower and projector.
  private static func vision(in configuration: ModelConfiguration) -> [ModelPart] {
    let tower = configuration.vision.tower
    let vision: [ModelPart] = [
      .visionClassEmbedding, .visionPatchEmbedding, .visionPatchBias, .visionPositionEmbedding,
      .visionPreNormWeight, .visionPreNormBias,
    ]
    let visionBlocks = (0..<configuration.vision.layers).flatMap { layer in
      VisionBlockPart.allCases.filter { tower.block[$0] != nil }
        .map { ModelPart.visionBlock(layer, $0) }
    }
    let projectorNorm: [ModelPart] =
      configuration.projectorNormEpsilon == nil ? [] : [.projectorNormWeight, .projectorNormBias]
    let projector: [ModelPart] = [
      .projector1Weight, .projector1Bias, .projector2Weight, .projector2Bias,
    ]
    let newline: [ModelPart] = configuration.hasNewline ? [.imageNewline] : []
    return vision.filter { tower.outside[$0] != nil } + visionBlocks + projectorNorm + projector
      + newline
  }

  /// The parts of the decoder.
  private static func text(in configuration: ModelConfiguration) -> [ModelPart] {
    let decoder = configuration.text.decoder
    let textBlocks = (0..<configuration.text.layers).flatMap { layer in
      TextBlockPart.allCases.filter { decoder.names(of: $0) != nil }
        .map { ModelPart.textBlock(layer, $0) }
    }
    return [.tokenEmbedding] + textBlocks + [.finalNorm, .outputHead]
  }

  /// Whether it belongs to the vision tower.
  var isTower: Bool {
    switch self {
    case .projectorNormWeight, .projectorNormBias, .projector1Weight, .projector1Bias,
      .projector2Weight, .projector2Bias, .imageNewline:
      false
    default: isVision
    }
  }

  /// Whether it belongs to the vision tower or the projector, or is the newline of tiles.
  var isVision: Bool {
    switch self {
    case .tokenEmbedding, .textBlock, .finalNorm, .outputHead: false
    default: true
    }
  }

  /// The shape the configuration asks for, outermost dimension first.
  public func shape(in configuration: ModelConfiguration) -> [Int] {
    let text = configuration.text
    switch self {
    case .finalNorm: return [text.width]
    case .tokenEmbedding, .outputHead: return [text.vocabulary, text.width]
    case .textBlock(_, let part): return part.shape(in: text)
    default: break
    }
    let vision = configuration.vision
    switch self {
    case .visionClassEmbedding, .visionPatchBias, .visionPreNormWeight, .visionPreNormBias:
      return [vision.width]
    case .visionPatchEmbedding: return [vision.width, 3, vision.patch, vision.patch]
    case .visionPositionEmbedding: return [vision.positions, vision.width]
    case .visionBlock(_, let part): return part.shape(in: vision)
    case .projectorNormWeight, .projectorNormBias: return [vision.featureWidth]
    case .projector1Weight: return [text.width, vision.featureWidth]
    case .projector2Weight: return [text.width, text.width]
    case .projector1Bias, .projector2Bias, .imageNewline: return [text.width]
    case .finalNorm, .tokenEmbedding, .outputHead, .textBlock:
      preconditionFailure("\(self) is a part of the decoder")
    }
  }
}

extension VisionBlockPart {
  func shape(in vision: VisionConfiguration) -> [Int] {
    switch self {
    case .qWeight, .kWeight, .vWeight, .oWeight: [vision.width, vision.width]
    case .fc1Weight: [vision.feedForward, vision.width]
    case .fc1Bias: [vision.feedForward]
    case .fc2Weight: [vision.width, vision.feedForward]
    case .norm1Weight, .norm1Bias, .norm2Weight, .norm2Bias, .qBias, .kBias, .vBias, .oBias,
      .fc2Bias:
      [vision.width]
    }
  }
}

extension TextBlockPart {
  func shape(in text: TextConfiguration) -> [Int] {
    switch self {
    case .inputNorm, .postNorm: [text.width]
    case .q: [text.heads * text.headDim, text.width]
    case .qBias: [text.heads * text.headDim]
    case .k, .v: [text.kvHeads * text.headDim, text.width]
    case .kBias, .vBias: [text.kvHeads * text.headDim]
    case .o: [text.width, text.heads * text.headDim]
    case .gate, .up: [text.feedForward, text.width]
    case .down: [text.width, text.feedForward]
    }
  }
}
