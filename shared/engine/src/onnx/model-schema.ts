/**
 * The part of ONNX's protobuf schema that we write (onnx/onnx.proto, ONNX 1.16, IR version 9), with its field numbers.
 * Written as protobufjs JSON, because the official file is larger than everything we emit with it.
 */
import protobuf from 'protobufjs/light.js'

const field = (id: number, type: string, rule?: 'repeated') =>
  rule ? { id, type, rule } : { id, type }
const list = (id: number, type: string) => field(id, type, 'repeated')

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        producerVersion: field(3, 'string'),
        docString: field(6, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: list(8, 'OperatorSet'),
        metadataProps: list(14, 'StringStringEntry'),
      },
    },
    StringStringEntry: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    OperatorSet: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Graph: {
      fields: {
        node: list(1, 'Node'),
        name: field(2, 'string'),
        initializer: list(5, 'Tensor'),
        input: list(11, 'ValueInfo'),
        output: list(12, 'ValueInfo'),
      },
    },
    Node: {
      fields: {
        input: list(1, 'string'),
        output: list(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: list(5, 'Attribute'),
        domain: field(7, 'string'),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        t: field(5, 'Tensor'),
        floats: list(7, 'float'),
        ints: list(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: {
        dims: list(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: {
      fields: { tensorType: field(1, 'TensorType'), sequenceType: field(4, 'SequenceType') },
    },
    SequenceType: { fields: { elemType: field(1, 'Type') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'Shape') } },
    Shape: { fields: { dim: list(1, 'Dimension') } },
    Dimension: { fields: { dimValue: field(1, 'int64') } },
  },
})

export const modelType = root.lookupType('Model')

/** TensorProto.DataType */
export const dataTypeCodes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const
