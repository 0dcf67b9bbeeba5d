using System;
using System.Runtime.Intrinsics.X86;
using System.Threading;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>
/// A graph as a model: named by its root, checked once, run by any number of sessions.
/// </summary>
internal sealed class GraphModel : IModel
{
    private readonly Lazy<IKernel?[]> _avx2Kernels;

    public GraphModel(Graph graph)
    {
        Graph = graph;
        Architecture = ArchitectureCodec.Encode(graph);
        GraphRoots roots = new(graph, Architecture);
        ModelRoot = roots.Model;
        Description = GraphDescription.Of(graph, roots);
        _avx2Kernels = new(CreateAvx2Kernels, LazyThreadSafetyMode.ExecutionAndPublication);
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

    public InputInfo CheckInput(ReadOnlySpan<byte> input)
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

        return new InputInfo(TraceTree.ListRoot(hashes), Graph.Units, StepsMax: 1);
    }

    public OutputInfo CheckOutput(ReadOnlySpan<byte> input, ReadOnlySpan<byte> output)
    {
        RequireLength(input);
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

        return new OutputInfo(TraceTree.ListRoot(hashes), Steps: 1, Graph.Units);
    }

    public IModelSession CreateSession(Backend backend, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return Resolve(backend) == Backend.Scalar
            ? new GraphSession(this, Backend.Scalar, new IKernel?[Graph.Operators.Length])
            : new GraphSession(this, Backend.Avx2, _avx2Kernels.Value);
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

    private static Backend Resolve(Backend backend) => backend switch
    {
        Backend.Auto => Avx2.IsSupported ? Backend.Avx2 : Backend.Scalar,
        Backend.Avx2 when !Avx2.IsSupported =>
            throw new ModelException("backend avx2: this processor or build has no AVX2"),
        Backend.Cuda =>
            throw new ModelException("backend cuda: this build has no CUDA kernels; use auto"),
        _ => backend,
    };

    private IKernel?[] CreateAvx2Kernels()
    {
        IKernel?[] kernels = new IKernel?[Graph.Operators.Length];
        for (int i = 0; i < kernels.Length; i++)
        {
            IKernel? kernel = Graph.Operators[i].CreateAvx2Kernel();

            // A window may demand more padding than memory is worth; the definition needs none.
            kernels[i] = kernel?.ScratchBytes <= GraphLimits.ScratchBytesMax ? kernel : null;
        }

        return kernels;
    }
}
