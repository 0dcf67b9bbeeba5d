using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>What the ledger says: how long its room for inputs lasts, and for how much work the
/// node's bond answers. A node that runs is asked, the ledger of another is opened.</summary>
internal static class LedgerChecks
{
    private const ulong DaySeconds = 86_400;

    /// <summary>Gas that a whole dispute takes at most, both sides, whose fees the opener bears:
    /// the bar of the MLPerf Tiny models.</summary>
    private const ulong DisputeGas = 1_200_000;

    /// <summary>The same of a language model: the bar of 1.1B weights and 2,048 tokens.</summary>
    private const ulong TextDisputeGas = 2_500_000;

    /// <summary>Wei per gas for the block's author.</summary>
    private const ulong Tip = 1_000_000_000;

    /// <summary>A reporter gets the fifth part of a slash: Limits.SLASH_BURN_BPS is 80 %.</summary>
    private const ulong RewardOf = 5;

    /// <param name="configuration">Names ledger, classes and contracts.</param>
    /// <param name="node">Signs receipts; null where its key cannot be read.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<List<Finding>> RunAsync(
        NodeConfiguration configuration, Address? node, CancellationToken cancel)
    {
        List<VoucherClass> classes;
        try
        {
            classes = configuration.LoadClasses().ConvertAll(one => one.Terms);
        }
        catch (CommandException)
        {
            // The check of the classes says so.
            return [];
        }

        try
        {
            (InputStore inputs, List<Stake> stakes) = await LookAsync(
                configuration, classes, cancel).ConfigureAwait(false);
            List<Finding> findings = [Inputs(inputs, stakes.Count > 0)];
            if (node is Address key && stakes.Count > 0)
            {
                using JsonRpcClient rpc = new(
                    new RpcOptions { Endpoints = configuration.Options.Rpc }, TimeProvider.System);
                ProvidersContract providers = new(rpc, configuration.Options.Domain.Providers);
                stakes = await Stake.ReadAsync(stakes, providers, key, cancel)
                    .ConfigureAwait(false);
                findings.AddRange(stakes.ConvertAll(BondOf));
                BlockHeader? head = await rpc.BlockAsync(BlockTag.Latest, cancel)
                    .ConfigureAwait(false);
                ulong worth = configuration.Options.Redeem.WeiPerTokenUnit;
                bool hasText = ServesText(configuration.Options.Models);
                findings.AddRange(stakes.ConvertAll(
                    stake => Challenge(stake, head?.BaseFee ?? 0, worth, hasText)));
            }

            return findings;
        }
        catch (Exception failure) when (failure is CommandException or NodeException
            or LedgerException or ChainException)
        {
            return [new Finding("ledger", false, failure.Message)];
        }
    }

    /// <summary>Whether the budget holds what a court may ask for.</summary>
    internal static Finding Inputs(InputStore inputs, bool hasCourt)
    {
        const ulong wanted = CourtLimits.InputKeepSeconds / DaySeconds;
        string figures = string.Create(CultureInfo.InvariantCulture,
            $"{inputs.Kept} of {inputs.Max} bytes of inputs");
        if (inputs.OfOneKey is long most)
        {
            figures += string.Create(CultureInfo.InvariantCulture,
                $", at most {most} of one spend key, which may have {inputs.OfOneKeyMax}");
        }

        if (inputs.Days is not long days)
        {
            return new Finding("inputs", true, $"{figures}; the last day brought none");
        }

        figures = string.Create(CultureInfo.InvariantCulture,
            $"{figures}; at today's rate of {inputs.ADay} a day they last {days} days");
        return !hasCourt || days >= (long)wanted
            ? new Finding("inputs", true, figures)
            : new Finding("inputs", false, $"{figures}, a court wants {wanted}: then orders are "
                + "refused (raise ledger:inputBytesMax, on a disk that has the room)");
    }

    internal static Finding BondOf(Stake stake)
    {
        Bond bond = stake.Bond ?? default;
        string figures = string.Create(CultureInfo.InvariantCulture,
            $"{bond.Amount} of token {stake.Token} before {stake.Court}, for orders worth ")
            + stake.Exposed;
        return bond.Amount == 0
            ? new Finding("bond", false, $"{figures}: clients order nothing (computevoucher "
                + "provider stake)")
            : bond.ExitAt != 0
            ? new Finding("bond", false, $"{figures}; it may leave at {bond.ExitDate}: clients "
                + "order nothing that is due less than 30 days before (stake again, or stop "
                + "serving)")
            : new Finding("bond", true, figures);
    }

    /// <summary>From which bond on a challenge pays: whoever convicts the node by proof gets a
    /// fifth of it, and has spent the gas of a whole dispute.</summary>
    /// <param name="stake">The bond.</param>
    /// <param name="baseFee">Wei per gas, of the newest block.</param>
    /// <param name="weiPerTokenUnit">Worth of a token base unit; 0 is unknown.</param>
    /// <param name="hasText">Language models are served.</param>
    internal static Finding Challenge(
        Stake stake, UInt128 baseFee, ulong weiPerTokenUnit, bool hasText)
    {
        UInt256 wei = ((UInt256)baseFee + Tip) * (hasText ? TextDisputeGas : DisputeGas);
        string figures = $"a whole dispute costs up to {wei} wei now";
        if (weiPerTokenUnit == 0)
        {
            return new Finding("challenge", true, $"{figures}; what a token unit is worth is not "
                + "known (redeem:weiPerTokenUnit), so nor is the bond at which a challenge pays");
        }

        UInt256 least = (wei * RewardOf + (weiPerTokenUnit - 1)) / weiPerTokenUnit;
        UInt128 bond = (stake.Bond ?? default).Amount;
        return new Finding("challenge", true, $"{figures}, so a challenge pays from a bond of "
            + $"{least} of token {stake.Token} on; yours is {bond}: "
            + (bond >= least ? "it pays" : "nobody gains by holding you to your word"));
    }

    private static bool ServesText(IReadOnlyList<string> models)
    {
        foreach (string file in models)
        {
            try
            {
                using IModel model = ModelFile.Open(file);
                if (model.IsStream)
                {
                    return true;
                }
            }
            catch (ModelException)
            {
                // The check of the models says so.
            }
        }

        return false;
    }

    private static async Task<(InputStore Inputs, List<Stake> Stakes)> LookAsync(
        NodeConfiguration configuration, List<VoucherClass> classes, CancellationToken cancel)
    {
        JsonElement? answer = await ControlClient
            .AskAsync(configuration.Options.Ledger, "status", "", cancel).ConfigureAwait(false);
        if (answer is { } json)
        {
            return (new InputStore(Number(json, "inputBytes") ?? 0,
                Number(json, "inputBytesMax") ?? 0, Number(json, "inputBytesADay"))
            {
                OfOneKey = Number(json, "inputBytesOfOneKey"),
                OfOneKeyMax = Number(json, "inputBytesOfOneKeyMax") ?? 0,
            },
                Stake.Of(classes, Exposed(json)));
        }

        if (!File.Exists(Path.Combine(configuration.Options.Ledger, LedgerStore.FileName)))
        {
            // The node makes one when it starts; who looks makes none.
            return (new InputStore(0, configuration.Options.Policy.NodeInputBytesMax, 0),
                Stake.Of(classes, new Dictionary<Bytes32, UInt128>()));
        }

        using LedgerStore ledger = LedgerCommands.Open(configuration);
        LedgerStanding standing = await ledger
            .LookAsync((ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds())
            .ConfigureAwait(false);
        return (InputStore.Of(ledger, configuration.Options.Policy),
            Stake.Of(classes, standing.ExposedUnits));
    }

    private static long? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? long.Parse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture)
            : null;

    private static Dictionary<Bytes32, UInt128> Exposed(JsonElement json)
    {
        Dictionary<Bytes32, UInt128> units = [];
        foreach (JsonElement row in json.GetProperty("exposed").EnumerateArray())
        {
            units[Bytes32.Parse(row.GetProperty("class").GetString())] = UInt128.Parse(
                row.GetProperty("units").ToString(), CultureInfo.InvariantCulture);
        }

        return units;
    }
}
