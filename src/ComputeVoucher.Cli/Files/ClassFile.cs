using System;
using System.CommandLine;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>
/// The terms of a voucher class as JSON; the id is derived and, when given, checked.
/// </summary>
internal static class ClassFile
{
    /// <summary>The file that <c>--class</c> names.</summary>
    public static VoucherClass Of(ParseResult parsed) =>
        Load(parsed.GetRequiredValue(CommonOptions.Class));

    private static readonly string[] s_fields =
    [
        "id", "token", "unitPrice", "expiry", "thaw", "window", "premiumBps", "burnBps",
        "costTable", "court",
    ];

    public static VoucherClass Load(string path) => Read(path,
        JsonFile.Load(path, "computevoucher class create -o FILE", s_fields));

    /// <exception cref="CommandException">They are not the channel's.</exception>
    public static void RequireOf(in ChannelTerms channel, in VoucherClass terms)
    {
        if (terms.HashStruct() != channel.ClassId)
        {
            throw new CommandException($"the class {terms.HashStruct()} is not the channel's, "
                + $"{channel.ClassId} (give the class that the channel was opened with)");
        }
    }

    /// <summary>The terms in a field of another file; null where it has none.</summary>
    public static VoucherClass? Inside(JsonFile file, string path, string field) =>
        file.Has(field) ? Read($"{path}: {field}", file.Inside(field, s_fields)) : null;

    private static VoucherClass Read(string path, JsonFile file)
    {
        VoucherClass terms = new(
            file.Address("token"),
            file.Number("unitPrice", UInt128.MaxValue),
            (ulong)file.Number("expiry", ulong.MaxValue),
            (uint)file.Number("thaw", uint.MaxValue),
            (uint)file.Number("window", uint.MaxValue),
            (ushort)file.Number("premiumBps", VoucherLimits.BasisPointsMax),
            (ushort)file.Number("burnBps", VoucherLimits.BasisPointsMax),
            file.Bytes32("costTable"),
            file.Address("court"));
        return !file.Has("id") || file.Bytes32("id") == terms.HashStruct()
            ? terms
            : throw new CommandException($"{path}: the id is not that of these terms; they give "
                + $"{terms.HashStruct()} (a class is never edited: create another)");
    }

    public static Report Report(in VoucherClass terms) => new Report()
        .Add("id", terms.HashStruct().ToString())
        .Add("token", terms.Token.ToString())
        .Add("unitPrice", terms.UnitPrice)
        .AddTime("expiry", terms.Expiry)
        .Add("thaw", terms.Thaw)
        .Add("window", terms.Window)
        .Add("premiumBps", terms.PremiumBps)
        .Add("burnBps", terms.BurnBps)
        .Add("costTable", terms.CostTable.ToString())
        .Add("court", terms.Court.ToString());
}
