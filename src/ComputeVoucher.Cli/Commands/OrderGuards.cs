using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>
/// What a holder does for the case that a node cheats: reads its bond before it orders, and keeps
/// evidence. A class without a court wants neither; evidence is kept where it is asked for.
/// </summary>
internal sealed class OrderGuards : IDisposable
{
    private static readonly Option<string> s_class = Opt.Of<string>(
        "--class", "Terms of the channel's class, where the channel file lacks them; with a court "
            + "in them the node's bond is read (--rpc) and evidence is kept", "FILE");

    private static readonly Option<string> s_evidence = Opt.Of<string>(
        "--evidence", "A file of evidence for each order, for whoever watches the node; kept until "
            + "14 days after its deadline (default, where the class has a court: STATE.evidence)",
        "DIR");

    private readonly ChainSession? _chain;

    private OrderGuards(ChainSession? chain, NodeBond? bond, EvidenceFolder? evidence) =>
        (_chain, Bond, Evidence) = (chain, bond, evidence);

    /// <summary>Null: there is none to ask for.</summary>
    public NodeBond? Bond { get; }

    /// <summary>Null: none is kept.</summary>
    public EvidenceFolder? Evidence { get; }

    public static void AddTo(Command command)
    {
        command.Options.Add(s_class);
        command.Options.Add(CommonOptions.Rpc);
        command.Options.Add(s_evidence);
    }

    /// <exception cref="CommandException">Of another class, or no chain to read.</exception>
    public static async Task<OrderGuards> OpenAsync(
        ParseResult parsed, ChannelTerms channel, CancellationToken cancel)
    {
        string? folder = parsed.GetValue(s_evidence);
        VoucherClass? terms = parsed.GetValue(s_class) is { } file
            ? ClassFile.Load(file)
            : ChannelFile.LoadClass(parsed.GetRequiredValue(ClientOptions.Channel));
        if (terms is not { } known)
        {
            return folder is null
                ? new OrderGuards(null, null, null)
                : throw new UsageException($"{s_evidence.Name}: {s_class.Name} FILE is wanted too, "
                    + "for the channel file does not hold the terms of the class");
        }

        ClassFile.RequireOf(channel, known);
        bool hasCourt = known.Court != Address.Zero;
        folder ??= hasCourt ? parsed.GetRequiredValue(ClientOptions.State) + ".evidence" : null;
        DeploymentFile deployment =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment));
        EvidenceFolder? evidence = folder is null
            ? null
            : EvidenceFolder.Open(folder, deployment.Domain, known, channel,
                (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        if (!hasCourt)
        {
            return new OrderGuards(null, null, evidence);
        }

        ChainSession chain = await ChainSession.OpenAsync(CommonOptions.Endpoints(parsed),
            deployment, null, SendRules.Reading, cancel).ConfigureAwait(false);
        return new OrderGuards(chain,
            new NodeBond(chain.Providers, channel.Node, known, TimeProvider.System), evidence);
    }

    public void Dispose()
    {
        Bond?.Dispose();
        _chain?.Dispose();
    }
}
