using System;
using System.Collections.Concurrent;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// A graph as a model: named by its root, checked once, run by any number of sessions.
/// </summary>
internal sealed class GraphModel : IModel
{
    private readonly ConcurrentDictionary<IBackend, Lazy<IKernel[]>> _plans = [];

    public GraphModel(Graph graph)
    {
        Graph = graph;
        Costs = new GraphCosts(graph.Units, graph.ProvedElements);
        Architecture = ArchitectureCodec.Encode(graph);
        GraphRoots roots = new(graph, Architecture);
        ModelRoot = roots.Model;
        Description = GraphDescription.Of(graph, roots, Architecture);
    }

    public Graph Graph { get; }

    /// <summary>The canonical encoding that the architecture digest covers.</summary>
    public byte[] Architecture { get; }

    public string Format => "tflite";

    public bool IsStream => false;

    public Bytes32 ModelRoot { get; }

    public int InputBytesMin => Graph.InputBytes;

    public int InputBytesMax => Graph.InputBytes;

    public ModelDescription Description { get; }

    public IRunCosts Costs { get; }

    public InputInfo CheckInput(
        ReadOnlySpan<byte> input, WantedProofs proofs = WantedProofs.None)
    {
        RequireLength(input);
        Span<Bytes32> hashes = stackalloc Bytes32[Graph.Inputs.Length];
        int at = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            GraphTensor tensor = Graph.Inputs[i];
            hashes[i] = TraceTree.TensorHash(
                tensor.Type, tensor.Dims, input.Slice(at, tensor.Elements));
            at += tensor.Elements;
        }

        return new InputInfo(
            TraceTree.ListRoot(hashes), Costs.Run(0, 1, proofs), StepsMax: 1, Graph.OutputBytes);
    }

    public OutputInfo CheckOutput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> output,
        WantedProofs proofs = WantedProofs.None)
    {
        RequireLength(input);
        if (output.IsEmpty)
        {
            // Cancelled before it ran.
            return OutputInfo.Nothing;
        }

        if (output.Length != Graph.OutputBytes)
        {
            throw new ModelException(FormattableString.Invariant(
                $"the output has {output.Length} bytes, the model gives {Graph.OutputBytes}"));
        }

        Span<Bytes32> hashes = stackalloc Bytes32[Graph.Outputs.Length];
        int at = 0;
        for (int i = 0; i < hashes.Length; i++)
        {
            GraphTensor tensor = Graph.Tensor(Graph.Outputs[i]);
            hashes[i] = TraceTree.TensorHash(
                tensor.Type, tensor.Dims, output.Slice(at, tensor.Elements));
            at += tensor.Elements;
        }

        return new OutputInfo(
            TraceTree.ListRoot(hashes), Steps: 1, Costs.Run(0, 1, proofs), IsWhole: true);
    }

    public IModelSession CreateSession(Backend backend, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        IBackend chosen = Backends.Of(backend);

        // Packing weights costs time and memory: once per model, whatever sessions there are.
        Lazy<IKernel[]> plan = _plans.GetOrAdd(chosen, b => new(() => Compile(b)));
        return new GraphSession(this, chosen.Backend, plan.Value);
    }

    /// <summary>Refuses an input of the wrong length; every other input is valid.</summary>
    public void RequireLength(ReadOnlySpan<byte> input)
    {
        if (input.Length != Graph.InputBytes)
        {
            throw new ModelException(FormattableString.Invariant(
                $"the input has {input.Length} bytes, the model takes {Graph.InputBytes}"));
        }
    }

    public void Dispose()
    {
    }

    private IKernel[] Compile(IBackend backend)
    {
        IKernel[] kernels = new IKernel[Graph.Operators.Length];
        for (int i = 0; i < kernels.Length; i++)
        {
            kernels[i] = backend.Compile(Graph.Operators[i]);
        }

        return kernels;
    }
}
