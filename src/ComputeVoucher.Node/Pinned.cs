using System;
using System.Collections.Generic;
using System.Linq;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>What the operator pinned: models, and classes of pinned tokens and courts.</summary>
public sealed class Pinned : IDisposable
{
    private Pinned(Dictionary<Bytes32, IModel> models, IReadOnlyList<VoucherClass> classes) =>
        (Models, Classes) = (models, classes);

    public Dictionary<Bytes32, IModel> Models { get; }

    public IReadOnlyList<VoucherClass> Classes { get; }

    public static Pinned Load(
        NodeOptions options, IReadOnlyList<PinnedClass> named, ILogger log)
    {
        List<VoucherClass> classes = CheckClasses(options, named, log);
        Dictionary<Bytes32, IModel> models = [];
        foreach (string file in options.Models)
        {
            IModel model = ModelFile.Open(file);
            if (!models.TryAdd(model.ModelRoot, model))
            {
                throw new NodeException($"serve:models: {file} is the same model as another file "
                    + "(remove one)");
            }

            log.ModelPinned(model.ModelRoot, file, model.Description.Units);
        }

        return new Pinned(models, classes);
    }

    /// <summary>Classes only: for commands that execute nothing.</summary>
    public static List<VoucherClass> CheckClasses(
        NodeOptions options, IReadOnlyList<PinnedClass> named, ILogger log)
    {
        List<VoucherClass> classes = [];
        foreach ((string file, VoucherClass terms) in named)
        {
            if (!options.Tokens.Contains(terms.Token))
            {
                throw new NodeException($"{file}: its token {terms.Token} is not in chain:tokens "
                    + "(anybody can make a token; pin the ones you trust)");
            }

            if (!options.Courts.Contains(terms.Court))
            {
                throw new NodeException($"{file}: its court {terms.Court} is not in chain:courts "
                    + "(a court can take your stake; pin the ones you trust)");
            }

            if (terms.CostTable != CostTable.Hash)
            {
                throw new NodeException($"{file}: its cost table is {terms.CostTable}, this node "
                    + $"counts by {CostTable.Hash} (use a class of this version's table)");
            }

            classes.Add(terms);
            log.ClassPinned(terms.HashStruct(), file);
        }

        return classes;
    }

    /// <summary>The bounds of the configuration with what is pinned.</summary>
    public static ServicePolicy PolicyOf(
        NodeOptions options, in Address node, IReadOnlyList<VoucherClass> classes,
        IEnumerable<Bytes32> models) =>
        (options.Policy with
        {
            Node = node,
            Models = new HashSet<Bytes32>(models),
            InputBytesMax = WireProtocol.InputBytesMax,
        }).WithClasses(classes);

    /// <summary>Payload bytes of an order with the longest input of any model.</summary>
    public static int OrderBytesMax(IEnumerable<IModel> models) =>
        SignedPayload.Bytes<Order>() + WireProtocol.OrderPrefixBytes
            + models.Max(model => Math.Min(model.InputBytesMax, WireProtocol.InputBytesMax));

    public void Dispose()
    {
        foreach (IModel model in Models.Values)
        {
            model.Dispose();
        }
    }
}
