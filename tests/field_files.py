"""Files as the field writes them: small ones, for tests that read them or spoil them."""

import gzip

import numpy as np
from scipy.io import savemat
from scipy.sparse import csc_array


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") and name != "raw.gz" else data)
    return path


def facebook100(folder, name="School1.mat", **parts):
    friends = np.zeros((4, 4))
    for a, b in [(0, 1), (1, 2), (2, 3)]:
        friends[a, b] = friends[b, a] = 1
    answers = np.array(
        [
            [1, 1, 70, 0, 9, 2006, 5],
            [1, 2, 70, 3, 9, 2007, 6],
            [2, 0, 71, 0, 0, 0, 7],
            [1, 2, 0, 0, 8, 2006, 5],
        ]
    )
    held = {"A": csc_array(friends), "local_info": answers} | parts
    path = folder / name
    savemat(path, {key: value for key, value in held.items() if value is not None})
    return path


EGO = {
    "0.edges": "1 2\n2 1\n2 3\n",
    "0.feat": "1 1 0 0 1\n2 0 1 0 0\n3 0 0 1 1\n4 0 0 0 0\n",
    "0.featnames": (
        "0 gender;anonymized feature 77\n1 gender;anonymized feature 78\n"
        "2 political;anonymized feature 5\n3 work;employer;id;anonymized feature 50\n"
    ),
    "0.egofeat": "1 0 1 1\n",
    "0.circles": "circle0\t1\t2\ncircle1\t2\n",
    "2.edges": "3 0\n",
    "2.feat": "3 1 0\n0 0 1\n",
    "2.featnames": "0 work;employer;id;anonymized feature 51\n1 gender;anonymized feature 77\n",
    "2.egofeat": "0 0\n",
    "2.circles": "",
}


def ego_networks(folder, **changed):
    for name, content in (EGO | changed).items():
        if content is not None:
            write(folder, f"ego/{name}", content)
    return folder / "ego"


FLAGS = "|".join("0" * 19)
ML100K = {
    "u.data": "1\t1\t5\t881250949\n1\t2\t3\t881250950\n2\t1\t4\t881250951\n3\t3\t4\t881250952\n",
    "u.user": "1|24|M|technician|85711\n2|53|F|other|94043\n3|23|M|writer|32067\n",
    "u.item": (
        f"1|Toy Story (1995)|01-Jan-1995||http://x|{FLAGS[:-1]}1\n"
        f'2|Misérables, "Les" (1995)|01-Jan-1995||http://x|0|1|1{FLAGS[5:]}\n'
    ).encode("latin-1"),
}
ML1M = {
    "ratings.dat": "1::1::5::978300760\n1::2::3::978302109\n2::1::4::978301968\n",
    "users.dat": "1::F::1::10::48067\n2::M::56::16::70072\n3::M::25::15::55117\n",
    "movies.dat": (
        "1::Toy Story (1995)::Animation|Children's\n2::Alien: Résurrection (1997)::Sci-Fi\n"
    ).encode("latin-1"),
}


def folder_of(folder, name, files, **changed):
    for file, content in (files | changed).items():
        if content is not None:
            write(folder, f"{name}/{file}", content)
    return folder / name


TUTORIAL = {
    "users-likes.csv": "userid,likeid\nu1,l1\nu1,l2\nu2,l1\nu1,l1\nu9,l2\n",
    "users.csv": (
        "userid,gender,age,political,ope\nu1,0,31,1,0.5\nu2,1,NA,0,-1.25\nu3,1,40,NA,0.75\n"
        "u4,0,52,1,\n"
    ),
    "likes.csv": 'likeid,name\nl1,"Maps, old"\nl2,Chess\n',
}
