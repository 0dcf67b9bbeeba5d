using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Client;

/// <summary>What has to hold before an order of a class with a court is worth its court.</summary>
public static class CourtCheck
{
    /// <summary>Returns where the court could judge an order of this model, and has not convicted
    /// the node already.</summary>
    /// <param name="rpc">The chain.</param>
    /// <param name="terms">Of the channel's class, with a court.</param>
    /// <param name="node">Of the channel.</param>
    /// <param name="modelRoot">What is ordered.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ClientException">It could not, or the chain does not answer.</exception>
    public static async Task RequireAsync(JsonRpcClient rpc, VoucherClass terms, Address node,
        Bytes32 modelRoot, CancellationToken cancel)
    {
        CourtContract court = new(rpc, terms.Court);
        bool isCondemned;
        byte family;
        try
        {
            CourtParts parts = await court.PartsAsync(BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            isCondemned = await court.CondemnedAsync(node, terms.Token, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            family = await new RegistryContract(rpc, parts.Registry)
                .FamilyAsync(modelRoot, BlockTag.Latest, cancel).ConfigureAwait(false);
        }
        catch (ChainException failure)
        {
            throw new ClientException($"the court {terms.Court} of the class cannot be read: "
                + $"{failure.Message} (nothing is ordered that could not be disputed)", failure);
        }

        if (isCondemned)
        {
            throw new ClientException($"node {node} was convicted before the court {terms.Court} "
                + "(use another node)");
        }

        if (family == 0)
        {
            throw new ClientException($"model {modelRoot} is not admitted to the court "
                + $"{terms.Court}: not disputable (anyone may admit it; until then order it in a "
                + "class without a court)");
        }
    }
}
