using System;
using System.Linq;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// What a graph is named by; see <see cref="ModelRoots"/> and <see cref="ParameterLeaf"/>. Leaves
/// run over the operators in source order, and within one over its output channels.
/// </summary>
internal sealed class GraphRoots
{
    public GraphRoots(Graph graph, ReadOnlySpan<byte> architecture)
    {
        Architecture = ModelRoots.Architecture([], architecture);
        Parameters = ModelRoots.Parameters(Leaves(graph));
        Model = ModelRoots.Model(Architecture, Parameters);
    }

    public Bytes32 Architecture { get; }

    public Bytes32 Parameters { get; }

    public Bytes32 Model { get; }

    /// <summary>Parameter leaves of a graph: one per output channel of every layer.</summary>
    public static int LeafCount(Graph graph) =>
        graph.ParameterLayers.Sum(op => op.Parameters!.Channels);

    /// <summary>Place of one channel's leaf.</summary>
    public static int LeafIndex(Graph graph, Operator op, int channel) => channel
        + graph.ParameterLayers.TakeWhile(o => o != op).Sum(o => o.Parameters!.Channels);

    /// <summary>Their hashes.</summary>
    public static Bytes32[] Leaves(Graph graph)
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

        return leaves;
    }
}
