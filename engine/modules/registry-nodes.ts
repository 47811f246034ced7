// The modules about accounts' keys, schedules and what else the administrator of a node sets up.

import { alternatives } from "./alternatives.ts";
import { etcdMember } from "./etcd-member.ts";
import { filesystem } from "./filesystem.ts";
import { git } from "./git.ts";
import { iniFile } from "./ini-file.ts";
import { k8s } from "./k8s.ts";
import { k8sDrain } from "./k8s-drain.ts";
import { k8sExec } from "./k8s-exec.ts";
import { k8sInfo } from "./k8s-info.ts";
import { k8sScale } from "./k8s-scale.ts";
import { k8sTaint } from "./k8s-taint.ts";
import { localeGen } from "./locale-gen.ts";
import { lvg } from "./lvg.ts";
import { lvol } from "./lvol.ts";
import type { AnyModule } from "./module.ts";
import { ociImage } from "./oci-image.ts";
import { opensslCsr } from "./openssl-csr.ts";
import { opensslCsrInfo } from "./openssl-csr-info.ts";
import { opensslPrivatekey } from "./openssl-privatekey.ts";
import { opensslPrivatekeyInfo } from "./openssl-privatekey-info.ts";
import { parted } from "./parted.ts";
import { preflight } from "./preflight.ts";
import { preflightFacts } from "./preflight-facts.ts";
import { sudoers } from "./sudoers.ts";
import { timezone } from "./timezone.ts";
import { x509Certificate } from "./x509-certificate.ts";
import { x509CertificateInfo } from "./x509-certificate-info.ts";

export const nodeModules: readonly AnyModule[] = [
  alternatives,
  etcdMember,
  git,
  iniFile,
  localeGen,
  ociImage,
  sudoers,
  timezone,
  filesystem,
  lvg,
  lvol,
  parted,
  preflight,
  preflightFacts,
  opensslCsr,
  opensslCsrInfo,
  opensslPrivatekey,
  opensslPrivatekeyInfo,
  x509Certificate,
  x509CertificateInfo,
  k8s,
  k8sDrain,
  k8sExec,
  k8sInfo,
  k8sScale,
  k8sTaint,
];
