using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>A channel before the court of its class.</summary>
internal sealed class CourtChannel
{
    /// <summary>Terms of the class, where the channel file lacks them.</summary>
    public static Option<string> Class { get; } = Opt.Of<string>(
        "--class", "Terms of the channel's class, where the channel file lacks them", "FILE");

    private CourtChannel(
        in VoucherClass terms, in ChannelTerms channel, CourtContract court, CourtParts parts) =>
        (Terms, Channel, Court, Parts) = (terms, channel, court, parts);

    public VoucherClass Terms { get; }

    public ChannelTerms Channel { get; }

    public CourtContract Court { get; }

    public CourtParts Parts { get; }

    /// <summary>The channel that the command line names, of a class with this build's court.
    /// </summary>
    /// <exception cref="CommandException">It has none, or the class is not known.</exception>
    public static Task<CourtChannel> OpenAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        string file = parsed.GetRequiredValue(ClientOptions.Channel);
        ChannelTerms channel = ChannelFile.Load(file);
        VoucherClass terms = (parsed.GetValue(Class) is { } named
            ? ClassFile.Load(named)
            : ChannelFile.LoadClass(file)) ?? throw new UsageException(
                $"{file}: the terms of the class are not in it ({Class.Name} FILE is wanted)");
        ClassFile.RequireOf(channel, terms);
        return OpenAsync(chain, terms, channel, cancel);
    }

    /// <summary>The same of terms at hand.</summary>
    public static async Task<CourtChannel> OpenAsync(ChainSession chain, VoucherClass terms,
        ChannelTerms channel, CancellationToken cancel)
    {
        if (terms.Court.IsZero)
        {
            throw new CommandException($"the class {terms.HashStruct()} has no court: what is "
                + "redeemed is paid at once (choose a class with one)");
        }

        // A class may name any contract, and deposits go to what that one names.
        CourtAddresses at = await CourtAddresses.FindAsync(chain.Deployment.Domain, terms.Court,
            address => chain.Rpc.CodeAsync(address, BlockTag.Latest, cancel))
            .ConfigureAwait(false);
        return new CourtChannel(terms, channel, new CourtContract(chain.Rpc, at.Court),
            new CourtParts(at.Registry, at.Disputes, at.Contradictions, at.Claims));
    }

    /// <exception cref="CommandException">Another account sends.</exception>
    public void RequireHolder(in Address account)
    {
        if (account != Channel.Holder)
        {
            throw new CommandException($"{account} is not the channel's holder {Channel.Holder}, "
                + "who alone may (name its key)");
        }
    }

    /// <summary>What it is about, and the transaction where there was one.</summary>
    public Report Report(TransactionReceipt? sent)
    {
        Report report = new Report()
            .Add("channel", Channel.HashStruct().ToString())
            .Add("court", Court.Address.ToString());
        return sent is null ? report : report.Add("transaction", sent.TransactionHash.ToString());
    }
}
