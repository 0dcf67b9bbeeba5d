using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>class create</c> and <c>class show</c>: the terms of a voucher.</summary>
internal sealed class ClassCommands
{
    private const uint DaySeconds = 86_400;

    private readonly Option<string> _output = Opt.Needed<string>(
        "--output", "A new file for the terms", "FILE", "-o");

    private readonly Option<string> _token = Opt.Needed<string>(
        "--token", "Stablecoin that backs the class", "ADDRESS");

    private readonly Option<string> _deployment = Opt.Of<string>(
        "--deployment", "Its court judges the class, unless --court names another", "FILE");

    private readonly Option<string> _court = Opt.Of<string>("--court",
        "Contract that may slash; zero is `not slashable` (default: the deployment's, else zero)",
        "ADDRESS");

    private readonly Option<ulong> _price = Opt.Needed<ulong>(
        "--price", "Token base units per 1,000,000,000 compute units", "N");

    private readonly Option<ulong> _expiry = Number(
        "--expiry-days", "Days until the class ends, at most 5 years", 365);

    private readonly Option<ulong> _thaw = Number(
        "--thaw-days", "Days between a thaw and its withdrawal, 3 to 30", 3);

    private readonly Option<ulong?> _window = Opt.Of<ulong?>("--window-days",
        "Days in which a court may undo a redemption, 2 to 30 (default: 2; 0 without a court)",
        "N");

    private readonly Option<ulong> _premium = Number(
        "--premium-bps", "Added to the price at mint, 1/100 %", 0);

    private readonly Option<ulong> _burn = Number(
        "--burn-bps", "Share of the premium that is burned, 1/100 %", 10_000);

    public static Command Create()
    {
        Command group = new("class", "Write or show the terms of a voucher class");
        group.Add(new ClassCommands().CreateCreate());
        group.Add(CreateShow());
        return group;
    }

    private static Option<ulong> Number(string name, string meaning, ulong standard) =>
        Opt.Or(name, meaning, "N", standard);

    private Command CreateCreate() => ReportCommand.Create(
        "create", "Write the terms to a file; the first mint fixes them",
        parsed =>
        {
            Address court = Court(parsed);
            ulong now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            // The contract's bounds at the first purchase: said here, not to the first buyer.
            VoucherClass terms = new(
                Token(parsed),
                Price(parsed),
                now + Seconds(parsed, _expiry, 1, VoucherLimits.ExpirySecondsMax),
                (uint)Seconds(parsed, _thaw, VoucherLimits.ThawSecondsMin,
                    VoucherLimits.ThawSecondsMax),
                Window(parsed, court),
                Bps(parsed, _premium),
                Bps(parsed, _burn),
                CostTable.Hash,
                court);
            Report report = ClassFile.Report(terms);
            OutputFile.WriteNew(parsed.GetRequiredValue(_output), report.ToJson() + "\n");
            return report;
        }, _output, _token, _price, _expiry, _thaw, _window, _premium, _burn, _deployment,
        _court);

    private static Command CreateShow()
    {
        Argument<string> file = new("FILE") { Description = "Class file" };
        Option<string> deployment = Opt.Of<string>(
            "--deployment", "Also read how many units were minted", "FILE");
        async Task<Report> ShowAsync(ParseResult parsed, CancellationToken cancel)
        {
            VoucherClass terms = ClassFile.Load(parsed.GetRequiredValue(file));
            Report report = ClassFile.Report(terms);
            if (parsed.GetValue(deployment) is { } path)
            {
                using JsonRpcClient rpc = ChainSession.Connect(
                    CommonOptions.Endpoints(parsed), SendRules.Reading);
                VouchersContract vouchers = new(rpc, DeploymentFile.Load(path).Vouchers);
                UInt256 minted = await vouchers
                    .MintedAsync(terms.HashStruct(), BlockTag.Latest, cancel)
                    .ConfigureAwait(false);
                report.Add("minted", minted.ToUInt128());
            }

            return report;
        }

        return ReportCommand.Create("show", "Print the terms and their id", ShowAsync,
            file, CommonOptions.Rpc, deployment);
    }

    private Address Token(ParseResult parsed)
    {
        Address token = AddressOption.Parse(parsed, _token);
        return token.IsZero
            ? throw new UsageException($"{_token.Name} {token}: the address of a token is wanted")
            : token;
    }

    private Address Court(ParseResult parsed)
    {
        if (parsed.GetValue(_court) is not null)
        {
            return AddressOption.Parse(parsed, _court);
        }

        return parsed.GetValue(_deployment) is { } file
            ? DeploymentFile.Load(file).Court?.Court ?? Address.Zero
            : Address.Zero;
    }

    /// <summary>A court admits no class that leaves less time to look (Files.sol, WINDOW_MIN).
    /// </summary>
    private uint Window(ParseResult parsed, Address court)
    {
        ulong min = court.IsZero ? 0 : CourtLimits.WindowSecondsMin;
        return (uint)Seconds(_window.Name, parsed.GetValue(_window) ?? (min / DaySeconds), min,
            VoucherLimits.WindowSecondsMax);
    }

    private ulong Price(ParseResult parsed) => parsed.GetValue(_price) is > 0 and ulong price
        ? price
        : throw new UsageException($"{_price.Name} 0: at least 1 is wanted");

    private static ulong Seconds(
        ParseResult parsed, Option<ulong> option, ulong secondsMin, ulong secondsMax) =>
        Seconds(option.Name, parsed.GetValue(option), secondsMin, secondsMax);

    private static ulong Seconds(string option, ulong days, ulong secondsMin, ulong secondsMax)
    {
        ulong min = (secondsMin + DaySeconds - 1) / DaySeconds;
        ulong max = secondsMax / DaySeconds;
        return days >= min && days <= max
            ? days * DaySeconds
            : throw new UsageException(
                $"{option} {days}: between {min} and {max} is wanted");
    }

    private static ushort Bps(ParseResult parsed, Option<ulong> option)
    {
        ulong value = parsed.GetValue(option);
        return value <= VoucherLimits.BasisPointsMax
            ? (ushort)value
            : throw new UsageException(
                $"{option.Name} {value}: at most {VoucherLimits.BasisPointsMax}");
    }
}
