using System;
using System.Buffers.Binary;
using System.Linq;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// What a model is named by: its integers alone, so that nobody can change a model that was pinned.
/// <code>
/// model root           keccak(04 ‖ specification version u32 LE ‖ architecture ‖ parameters)
/// architecture digest  keccak(05 ‖ canonical encoding, see ArchitectureCodec)
/// parameters root      keccak(07 ‖ leaf count u32 LE ‖ 4-ary node tree over the leaf hashes)
/// leaf                 see ParameterLeaf
/// </code>
/// Leaves run over the operators in source order, and within one over its output channels.
/// </summary>
internal sealed class GraphRoots
{
    /// <summary>Version of the integer semantics that a root promises.</summary>
    public const uint SpecificationVersion = 1;

    private const byte ModelTag = 0x04;
    private const byte ArchitectureTag = 0x05;
    private const byte ParametersTag = 0x07;

    public GraphRoots(Graph graph, ReadOnlySpan<byte> architecture)
    {
        byte[] tagged = new byte[1 + architecture.Length];
        tagged[0] = ArchitectureTag;
        architecture.CopyTo(tagged.AsSpan(1));
        Architecture = Keccak256.Hash(tagged);
        Parameters = ParametersRoot(graph);
        Model = ModelRoot(SpecificationVersion, Architecture, Parameters);
    }

    public Bytes32 Architecture { get; }

    public Bytes32 Parameters { get; }

    public Bytes32 Model { get; }

    /// <summary>Parameter leaves of a graph: one per output channel of every layer.</summary>
    public static int LeafCount(Graph graph) =>
        graph.ParameterLayers.Sum(op => op.Parameters!.Channels);

    public static Bytes32 ModelRoot(
        uint specificationVersion, in Bytes32 architecture, in Bytes32 parameters)
    {
        Span<byte> message = stackalloc byte[1 + 4 + 2 * Bytes32.Size];
        message[0] = ModelTag;
        BinaryPrimitives.WriteUInt32LittleEndian(message[1..], specificationVersion);
        architecture.CopyTo(message[5..]);
        parameters.CopyTo(message[37..]);
        return Keccak256.Hash(message);
    }

    private static Bytes32 ParametersRoot(Graph graph)
    {
        Bytes32[] leaves = new Bytes32[LeafCount(graph)];
        int widest = graph.ParameterLayers
            .Select(op => op.Parameters!.WeightsPerChannel).DefaultIfEmpty().Max();
        byte[] scratch = new byte[ParameterLeaf.FixedBytes + widest];
        int next = 0;
        foreach (Operator op in graph.ParameterLayers)
        {
            ChannelParameters parameters = op.Parameters!;
            for (int channel = 0; channel < parameters.Channels; channel++)
            {
                leaves[next++] = ParameterLeaf.Hash(
                    scratch, op.Wiring.Index, channel, parameters);
            }
        }

        Span<byte> message = stackalloc byte[1 + 4 + Bytes32.Size];
        message[0] = ParametersTag;
        BinaryPrimitives.WriteInt32LittleEndian(message[1..], leaves.Length);
        TraceTree.NodeRoot(leaves).CopyTo(message[5..]);
        return Keccak256.Hash(message);
    }
}
